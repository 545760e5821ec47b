package io.helmwatch.ingest.ffmpeg;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A raw H.264 stream that can be played with frames left out. */
final class H264Stream {
    private final List<byte[]> nals;

    H264Stream(byte[] annexB) {
        nals = new ArrayList<>(H264Packets.split(annexB));
    }

    /** The stream without the frames from..to-1; parameter sets stay. */
    byte[] withoutPictures(int from, int to) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int picture = -1;
        for (byte[] nal : nals) {
            int type = nal[0] & 31;
            boolean slice = type == 1 || type == 5;
            if (slice && (nal[1] & 0x80) != 0) {
                picture++;
            }
            if (!slice || picture < from || picture >= to) {
                out.writeBytes(new byte[] {0, 0, 0, 1});
                out.writeBytes(nal);
            }
        }
        return out.toByteArray();
    }
}
