package io.helmwatch.preprocess;

import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;

class ReferencePreprocessorTest extends PreprocessorContract {

    @Override
    protected Preprocessor open(LetterboxAnchor anchor, int padValue) {
        return new ReferencePreprocessor(anchor, padValue);
    }

    @Override
    protected Tensor openTensor(TensorShape shape, TensorType type) {
        return hostTensor(shape, type);
    }

    @Override
    protected VideoFrame where(HostFrame frame) {
        return frame;
    }

    /** Half floats round by up to 2^-12, a sixteenth of a step. */
    @Override
    protected double maxError(HostFrame frame) {
        return 0.07;
    }

    @Override
    protected double meanError(HostFrame frame) {
        return 0.05;
    }
}
