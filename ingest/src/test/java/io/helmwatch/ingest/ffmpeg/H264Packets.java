package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** A raw H.264 stream cut into access units and RTP payloads (RFC 6184, packetization-mode 1). */
final class H264Packets {
    private static final int LARGEST_PAYLOAD = 1200;
    private final List<List<byte[]>> accessUnits = new ArrayList<>();
    private byte[] sequenceParameters = new byte[0];
    private byte[] pictureParameters = new byte[0];

    H264Packets(Path annexB) throws IOException {
        List<byte[]> unit = new ArrayList<>();
        boolean hasSlice = false;
        for (byte[] nal : split(Files.readAllBytes(annexB))) {
            int type = nal[0] & 31;
            boolean slice = type == 1 || type == 5;
            boolean firstSlice = slice && (nal[1] & 0x80) != 0;
            if (hasSlice && (firstSlice || !slice)) {
                accessUnits.add(unit);
                unit = new ArrayList<>();
                hasSlice = false;
            }
            if (type == 7) {
                sequenceParameters = nal;
            } else if (type == 8) {
                pictureParameters = nal;
            }
            hasSlice |= slice;
            unit.addAll(payloads(nal));
        }
        if (!unit.isEmpty()) {
            accessUnits.add(unit);
        }
    }

    /** RTP payloads of every frame in turn. */
    List<List<byte[]>> accessUnits() {
        return accessUnits;
    }

    /** The {@code fmtp} parameters of the session description. */
    String formatParameters() {
        Base64.Encoder base64 = Base64.getEncoder();
        return String.format(
                "packetization-mode=1;profile-level-id=%02X%02X%02X;sprop-parameter-sets=%s,%s",
                sequenceParameters[1],
                sequenceParameters[2],
                sequenceParameters[3],
                base64.encodeToString(sequenceParameters),
                base64.encodeToString(pictureParameters));
    }

    static List<byte[]> split(byte[] stream) {
        List<byte[]> nals = new ArrayList<>();
        int start = -1;
        for (int i = 0; i + 2 < stream.length; i++) {
            if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1) {
                if (start >= 0) {
                    nals.add(withoutTrailingZeros(stream, start, i));
                }
                start = i + 3;
            }
        }
        nals.add(withoutTrailingZeros(stream, start, stream.length));
        return nals;
    }

    private static byte[] withoutTrailingZeros(byte[] stream, int from, int to) {
        int end = to;
        while (end > from + 1 && stream[end - 1] == 0) {
            end--;
        }
        return Arrays.copyOfRange(stream, from, end);
    }

    private static List<byte[]> payloads(byte[] nal) {
        if (nal.length <= LARGEST_PAYLOAD) {
            return List.of(nal);
        }
        List<byte[]> fragments = new ArrayList<>();
        for (int from = 1; from < nal.length; from += LARGEST_PAYLOAD) {
            int to = Math.min(nal.length, from + LARGEST_PAYLOAD);
            byte[] fragment = new byte[to - from + 2];
            fragment[0] = (byte) ((nal[0] & 0xe0) | 28);
            fragment[1] = (byte) ((from == 1 ? 0x80 : 0) | (to == nal.length ? 0x40 : 0) | (nal[0] & 31));
            System.arraycopy(nal, from, fragment, 2, to - from);
            fragments.add(fragment);
        }
        return fragments;
    }
}
