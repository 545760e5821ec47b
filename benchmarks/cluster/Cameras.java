import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.ingest.ffmpeg.TestClips;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Cameras as RTSP servers in one process: a part of the clip in which people with and without helmets come and go, 320x180, ten frames a second, one of
 * them a key frame. Writes one line when a camera listens, and
 * then whenever its number of open sessions changes: {@code MILLIS CAMERA SESSIONS}.
 *
 * <pre>Cameras HOST FIRST_PORT COUNT CLIP</pre>
 *
 * Without cameras it ends once the part of the clip is there, in the folder of the process.
 */
public final class Cameras {
    private static final int FRAMES_PER_SECOND = 10;
    private static final long SAMPLE_MILLIS = 100;

    private Cameras() {}

    public static void main(String[] args) throws Exception {
        Path stream = TestClips.make(
                "yard.h264",
                "-i movie=" + args[3] + ",crop=480:270:640:315,scale=320:180,fps=" + FRAMES_PER_SECOND
                        + " -c:v libopenh264 -b 200k -g " + FRAMES_PER_SECOND + " -bf 0 -pix_fmt yuv420p");
        int firstPort = Integer.parseInt(args[1]);
        List<RtspCamera> cameras = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[2]); i++) {
            cameras.add(RtspCamera.playing(stream, FRAMES_PER_SECOND, new InetSocketAddress(args[0], firstPort + i)));
        }
        int[] sessions = new int[cameras.size()];
        Arrays.fill(sessions, -1);
        while (!cameras.isEmpty()) {
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
