package io.helmwatch.sinks.opencv;

import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The samples of a copied frame as an image of OpenCV: rows of B, G, R bytes. Its memory is reused and grows with the frames.
 *
 * <p>Threading: one thread at a time.
 */
final class BgrPixels {
    private byte[] bytes = new byte[0];
    private int width;
    private int height;

    /** Converts a copied frame, which is not needed afterwards. */
    void load(FrameCopy copy) {
        width = copy.width();
        height = copy.height();
        int size = 3 * width * height;
        if (bytes.length < size) {
            bytes = new byte[size];
        }
        copy.toBgr(bytes);
    }

    /** A new image of the loaded frame, for the pointer scope of the caller. */
    Mat image() {
        Mat image = new Mat(height, width, opencv_core.CV_8UC3);
        image.data().put(bytes, 0, 3 * width * height);
        return image;
    }
}
