import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.Random;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_dnn;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_dnn.Net;

/**
 * Bare inference with OpenCV's DNN module: one JSON line with milliseconds per image.
 *
 * <pre>java -cp 'pipeline/target/lib/*' benchmarks/peers/OpenCvDnn.java MODEL.onnx 384x640 THREADS SECONDS</pre>
 *
 * <p>The input is noise of height x width. Two images warm up; then images run one after the other until the time is over.
 */
public final class OpenCvDnn {
    private OpenCvDnn() {}

    public static void main(String[] arguments) {
        if (arguments.length != 4) {
            System.err.println("usage: java OpenCvDnn.java MODEL.onnx HEIGHTxWIDTH THREADS SECONDS");
            System.exit(2);
        }
        String[] size = arguments[1].split("x");
        int height = Integer.parseInt(size[0]);
        int width = Integer.parseInt(size[1]);
        opencv_core.setNumThreads(Integer.parseInt(arguments[2]));
        double limitNanos = Double.parseDouble(arguments[3]) * 1e9;
        var machine = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

        Net net = opencv_dnn.readNetFromONNX(arguments[0]);
        Mat input = new Mat(new int[] {1, 3, height, width}, opencv_core.CV_32F);
        FloatBuffer pixels = input.createBuffer();
        Random random = new Random(1);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, random.nextFloat());
        }
        for (int i = 0; i < 2; i++) {
            run(net, input);
        }
        long processorTime = machine.getProcessCpuTime();
        long start = System.nanoTime();
        int images = 0;
        do {
            run(net, input);
            images++;
        } while (System.nanoTime() - start < limitNanos);
        double wall = System.nanoTime() - start;
        System.out.printf(
                Locale.ROOT,
                "{\"peer\":\"OpenCV %s DNN\",\"images\":%d,\"wallMillis\":%.2f,\"cpuMillis\":%.2f}%n",
                opencv_core.CV_VERSION,
                images,
                wall / 1e6 / images,
                (machine.getProcessCpuTime() - processorTime) / 1e6 / images);
    }

    private static void run(Net net, Mat input) {
        net.setInput(input);
        try (Mat output = net.forward()) {
            if (output.empty()) {
                throw new IllegalStateException("the network has no output");
            }
        }
    }
}
