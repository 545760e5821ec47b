package io.helmwatch.sinks.history;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Incident;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Positions as bytes: time (8), track (4) and box (4 times 4) of each, big-endian. Threading: any thread. */
final class PositionBytes {
    private static final int BYTES = Long.BYTES + Integer.BYTES + 4 * Float.BYTES;

    private PositionBytes() {}

    static byte[] write(List<Incident.Position> positions) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES * positions.size());
        for (Incident.Position position : positions) {
            BoundingBox box = position.sourceBox();
            bytes.putLong(position.atMillis())
                    .putInt(position.track())
                    .putFloat(box.x1())
                    .putFloat(box.y1())
                    .putFloat(box.x2())
                    .putFloat(box.y2());
        }
        return bytes.array();
    }

    static List<Incident.Position> read(byte[] written) {
        ByteBuffer bytes = ByteBuffer.wrap(written);
        List<Incident.Position> positions = new ArrayList<>();
        while (bytes.remaining() >= BYTES) {
            long atMillis = bytes.getLong();
            int track = bytes.getInt();
            positions.add(new Incident.Position(
                    track,
                    atMillis,
                    new BoundingBox(bytes.getFloat(), bytes.getFloat(), bytes.getFloat(), bytes.getFloat())));
        }
        return positions;
    }
}
