import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.ingest.ffmpeg.TestClips;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Cameras as RTSP servers in one process: 640x360, five frames a second, a key frame every two seconds. Writes one line when a camera listens, and
 * then whenever its number of open sessions changes: {@code MILLIS CAMERA SESSIONS}.
 *
 * <pre>Cameras HOST FIRST_PORT COUNT CLIP</pre>
 */
public final class Cameras {
    private static final int FRAMES_PER_SECOND = 5;
    private static final long SAMPLE_MILLIS = 100;

    private Cameras() {}

    public static void main(String[] args) throws Exception {
        Path stream = TestClips.make(
                "yard.h264",
                "-i movie=" + args[3] + ",scale=640:360,fps=" + FRAMES_PER_SECOND
                        + " -c:v libopenh264 -b 300k -g " + 2 * FRAMES_PER_SECOND + " -bf 0 -pix_fmt yuv420p");
        int firstPort = Integer.parseInt(args[1]);
        List<RtspCamera> cameras = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[2]); i++) {
            cameras.add(RtspCamera.playing(stream, FRAMES_PER_SECOND, new InetSocketAddress(args[0], firstPort + i)));
        }
        int[] sessions = new int[cameras.size()];
        Arrays.fill(sessions, -1);
        while (true) {
            for (int i = 0; i < sessions.length; i++) {
                int now = cameras.get(i).sessions();
                if (now != sessions[i]) {
                    sessions[i] = now;
                    System.out.println(System.currentTimeMillis() + " " + (i + 1) + " " + now);
                }
            }
            TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
        }
    }
}
