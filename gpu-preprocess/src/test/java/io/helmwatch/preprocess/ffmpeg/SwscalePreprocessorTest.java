package io.helmwatch.preprocess.ffmpeg;

import io.helmwatch.preprocess.HostFrame;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.PreprocessorContract;
import io.helmwatch.vision.LetterboxAnchor;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import io.helmwatch.vision.VideoFrame;

class SwscalePreprocessorTest extends PreprocessorContract {

    @Override
    protected Preprocessor open(LetterboxAnchor anchor, int padValue) {
        return new SwscalePreprocessor(anchor, padValue);
    }

    @Override
    protected Tensor openTensor(TensorShape shape, TensorType type) {
        return hostTensor(shape, type);
    }

    @Override
    protected VideoFrame where(HostFrame frame) {
        return frame;
    }

    /** libswscale stretches the chroma planes of odd sides by half a sample, and takes 1020 for the white of full-range 10 bit. */
    @Override
    protected double maxError(HostFrame frame) {
        return hasHalfChromaSample(frame) ? 25 : isFullRange10Bit(frame) ? 1 : 0.1;
    }

    @Override
    protected double meanError(HostFrame frame) {
        return hasHalfChromaSample(frame) ? 2.5 : isFullRange10Bit(frame) ? 0.5 : 0.05;
    }

    private static boolean isFullRange10Bit(HostFrame frame) {
        return frame.format().bitDepth() == 10 && frame.color().fullRange();
    }

    private static boolean hasHalfChromaSample(HostFrame frame) {
        return frame.width() % (1 << frame.format().chromaShiftX()) != 0
                || frame.height() % (1 << frame.format().chromaShiftY()) != 0;
    }
}
