package io.helmwatch.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The letterbox of YOLOv5 as OpenCV does it, {@code resize(INTER_LINEAR)} and {@code copyMakeBorder}, against ours.
 *
 * <p>On RGB pictures the comparison is exact in kind: OpenCV works with weights of 11 bits and rounds to 8 bits, ours does
 * neither, so samples may differ by half a step and a little. On YUV pictures OpenCV first makes an RGB picture of full size
 * with chroma repeated (not interpolated) and rounded to 8 bits; the mean difference says that matrix, range and siting agree.
 */
class OpenCvLetterboxTest {

    @ParameterizedTest
    @CsvSource({
        "1920, 1080, 640, 640",
        "1280, 720, 640, 640",
        "576, 384, 640, 640",
        "383, 577, 640, 640",
        "641, 639, 320, 320",
        "37, 23, 320, 192",
        "640, 360, 640, 384",
        "3, 200, 64, 64",
        "1, 1, 64, 64"
    })
    void shouldEqualOpenCvOnSyntheticImages(int width, int height, int targetWidth, int targetHeight) {
        ImageSize target = new ImageSize(targetWidth, targetHeight);
        for (PixelFormat format : List.of(PixelFormat.BGR24, PixelFormat.RGB24)) {
            try (HostFrame frame =
                    TestPictures.picture(new ImageSize(width, height), format, TestPictures.BT709_FULL, 0)) {
                try (Mat picture = new Mat(
                        height, width, opencv_core.CV_8UC3, new BytePointer(frame.plane(0)), frame.strideBytes(0))) {
                    assertEqualsOpenCv(picture, frame, target, format == PixelFormat.RGB24);
                }
            }
        }
    }

    @Test
    void shouldEqualOpenCvOnPhotographs() throws IOException {
        List<byte[]> photographs = photographs(12);
        for (byte[] jpeg : photographs) {
            try (Mat picture = decode(jpeg);
                    HostFrame frame = HostFrame.allocate(
                            new ImageSize(picture.cols(), picture.rows()),
                            PixelFormat.BGR24,
                            TestPictures.BT709_FULL)) {
                copyRows(picture, frame.plane(0), frame.strideBytes(0));
                assertEqualsOpenCv(picture, frame, new ImageSize(640, 640), false);
            }
        }
    }

    @Test
    void shouldAgreeWithOpenCvsColoursOnPhotographs() throws IOException {
        ImageSize target = new ImageSize(320, 320);
        for (byte[] jpeg : photographs(6)) {
            try (Mat whole = decode(jpeg);
                    Mat even = new Mat(whole.rows() & -2, whole.cols() & -2, whole.type(), whole.data(), whole.step());
                    Mat yuv = new Mat();
                    Mat rgb = new Mat();
                    HostFrame frame = HostFrame.allocate(
                            new ImageSize(even.cols(), even.rows()), PixelFormat.I420, TestPictures.BT601)) {
                opencv_imgproc.cvtColor(even, yuv, opencv_imgproc.COLOR_BGR2YUV_I420);
                opencv_imgproc.cvtColor(yuv, rgb, opencv_imgproc.COLOR_YUV2RGB_I420);
                // OpenCV stacks the planes without gaps, as the frame does with its alignment taken out.
                ByteBuffer planes = yuv.data().capacity(yuv.total()).asByteBuffer();
                for (int plane = 0; plane < 3; plane++) {
                    ByteBuffer to = frame.plane(plane);
                    to.put(planes.slice(planes.position(), to.capacity()));
                    planes.position(planes.position() + to.capacity());
                }
                float[] expected = openCvLetterbox(rgb, target, true);
                for (Preprocessor preprocessor : List.of(
                        new ReferencePreprocessor(LetterboxAnchor.CENTER, 114),
                        new SwscalePreprocessor(LetterboxAnchor.CENTER, 114))) {
                    try (preprocessor) {
                        assertThat(meanDifference(letterbox(preprocessor, frame, target), expected))
                                .as("mean difference in 1/255")
                                .isLessThan(1.0);
                    }
                }
            }
        }
    }

    private static void assertEqualsOpenCv(Mat picture, HostFrame frame, ImageSize target, boolean isRgb) {
        float[] expected = openCvLetterbox(picture, target, isRgb);
        try (Preprocessor reference = new ReferencePreprocessor(LetterboxAnchor.CENTER, 114);
                Preprocessor fast = new SwscalePreprocessor(LetterboxAnchor.CENTER, 114)) {
            float[] found = letterbox(reference, frame, target);
            double worst = 0;
            for (int i = 0; i < found.length; i++) {
                worst = Math.max(worst, Math.abs(found[i] - expected[i]) * 255);
            }
            assertThat(worst).as("largest difference of the reference in 1/255").isLessThanOrEqualTo(1.0);
            // OpenCV's rounding alone makes a mean of a quarter.
            assertThat(meanDifference(letterbox(fast, frame, target), expected))
                    .as("mean difference of the fast path in 1/255")
                    .isLessThanOrEqualTo(0.4);
        }
    }

    private static double meanDifference(float[] found, float[] expected) {
        double sum = 0;
        for (int i = 0; i < found.length; i++) {
            sum += Math.abs(found[i] - expected[i]);
        }
        return sum * 255 / found.length;
    }

    private static float[] letterbox(Preprocessor preprocessor, HostFrame frame, ImageSize target) {
        HostTensorBatch tensor =
                HostTensorBatch.allocate(new TensorShape(1, 3, target.height(), target.width()), TensorType.FP32);
        preprocessor.add(frame, tensor, 0);
        float[] values = new float[tensor.shape().elementsPerImage()];
        tensor.buffer().asFloatBuffer().get(values);
        return values;
    }

    /** R, G, B planes, 0..1. */
    private static float[] openCvLetterbox(Mat picture, ImageSize target, boolean isRgb) {
        Letterbox letterbox =
                Letterbox.fit(new ImageSize(picture.cols(), picture.rows()), target, LetterboxAnchor.CENTER);
        int right = target.width() - letterbox.padLeft() - letterbox.scaledWidth();
        int bottom = target.height() - letterbox.padTop() - letterbox.scaledHeight();
        try (Mat scaled = new Mat();
                Mat padded = new Mat()) {
            opencv_imgproc.resize(
                    picture,
                    scaled,
                    new Size(letterbox.scaledWidth(), letterbox.scaledHeight()),
                    0,
                    0,
                    opencv_imgproc.INTER_LINEAR);
            opencv_core.copyMakeBorder(
                    scaled,
                    padded,
                    letterbox.padTop(),
                    bottom,
                    letterbox.padLeft(),
                    right,
                    opencv_core.BORDER_CONSTANT,
                    new Scalar(114, 114, 114, 0));
            int pixels = target.width() * target.height();
            ByteBuffer samples = padded.data().capacity(3L * pixels).asByteBuffer();
            float[] planes = new float[3 * pixels];
            for (int i = 0; i < pixels; i++) {
                for (int channel = 0; channel < 3; channel++) {
                    int component = isRgb ? channel : 2 - channel;
                    planes[channel * pixels + i] = (samples.get(3 * i + component) & 0xff) / 255f;
                }
            }
            return planes;
        }
    }

    private static Mat decode(byte[] jpeg) {
        try (BytePointer bytes = new BytePointer(jpeg);
                Mat encoded = new Mat(1, jpeg.length, opencv_core.CV_8UC1, bytes)) {
            return opencv_imgcodecs.imdecode(encoded, opencv_imgcodecs.IMREAD_COLOR);
        }
    }

    private static void copyRows(Mat picture, ByteBuffer to, int strideBytes) {
        byte[] row = new byte[3 * picture.cols()];
        for (int y = 0; y < picture.rows(); y++) {
            picture.ptr(y).get(row);
            to.put(y * strideBytes, row);
        }
    }

    /** The first pictures of the validation set, a tar file. */
    private static List<byte[]> photographs(int count) throws IOException {
        Path tar = Path.of(System.getProperty("helmwatch.data", "missing"), "helmet", "val.tar");
        assumeTrue(Files.exists(tar), "skipped: no pictures " + tar + " here");
        List<byte[]> photographs = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(tar)))) {
            byte[] header = new byte[512];
            while (photographs.size() < count) {
                in.readFully(header);
                String name = text(header, 0, 100);
                int size = Integer.parseInt(text(header, 124, 12).strip(), 8);
                byte[] content = new byte[size];
                in.readFully(content);
                in.skipNBytes(-size & 511);
                if (name.endsWith(".jpg")) {
                    photographs.add(content);
                }
            }
        }
        return photographs;
    }

    private static String text(byte[] header, int offset, int length) {
        String text = new String(header, offset, length, StandardCharsets.US_ASCII);
        int end = text.indexOf(0);
        return end < 0 ? text : text.substring(0, end);
    }
}
