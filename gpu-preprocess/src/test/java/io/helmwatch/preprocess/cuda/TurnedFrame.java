package io.helmwatch.preprocess.cuda;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;

/** A frame that says that it has to be turned. Width, height and strides are the given frame's: those of the upright picture. */
class TurnedFrame implements VideoFrame {
    private final VideoFrame frame;
    private final Orientation orientation;

    TurnedFrame(VideoFrame frame, Orientation orientation) {
        this.frame = frame;
        this.orientation = orientation;
    }

    @Override
    public int width() {
        return frame.width();
    }

    @Override
    public int height() {
        return frame.height();
    }

    @Override
    public Orientation orientation() {
        return orientation;
    }

    @Override
    public PixelFormat format() {
        return frame.format();
    }

    @Override
    public ColorEncoding color() {
        return frame.color();
    }

    @Override
    public Memory memory() {
        return frame.memory();
    }

    @Override
    public long planeAddress(int plane) {
        return frame.planeAddress(plane);
    }

    @Override
    public int strideBytes(int plane) {
        return frame.strideBytes(plane);
    }

    @Override
    public ByteBuffer plane(int plane) {
        return frame.plane(plane);
    }

    @Override
    public long sequence() {
        return frame.sequence();
    }

    @Override
    public long ptsNanos() {
        return frame.ptsNanos();
    }

    @Override
    public long capturedAtMillis() {
        return frame.capturedAtMillis();
    }

    @Override
    public long receivedNanos() {
        return frame.receivedNanos();
    }
}
