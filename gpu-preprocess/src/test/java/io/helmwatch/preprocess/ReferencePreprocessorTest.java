package io.helmwatch.preprocess;

import io.helmwatch.vision.tensor.LetterboxAnchor;

class ReferencePreprocessorTest extends PreprocessorContract {

    @Override
    protected Preprocessor open(LetterboxAnchor anchor, int padValue) {
        return new ReferencePreprocessor(anchor, padValue);
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
