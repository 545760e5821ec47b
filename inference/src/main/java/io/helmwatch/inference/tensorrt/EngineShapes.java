package io.helmwatch.inference.tensorrt;

import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.TensorShape;

/**
 * The shapes of the input that an engine takes: those of TensorRT's optimisation profile.
 *
 * @param smallest the smallest in every dimension
 * @param best the one for which kernels are chosen
 * @param largest the largest in every dimension
 */
record EngineShapes(TensorShape smallest, TensorShape best, TensorShape largest) {

    /** Those of a model with fixed height and width. */
    static EngineShapes of(TensorShape input, boolean dynamicBatch, EngineOptions options) {
        return dynamicBatch
                ? new EngineShapes(
                        withBatch(input, 1),
                        withBatch(input, options.optimalBatch()),
                        withBatch(input, options.maxBatch()))
                : new EngineShapes(input, input, input);
    }

    /** Those of a model with dynamic height and width: inputs that fit the frame are fastest for frames of 16:9. */
    static EngineShapes of(YoloV5Model model, EngineOptions options) {
        InputSizing sizing = model.sizing();
        EngineShapes square = of(model.inputShape(), model.hasDynamicBatch(), options);
        int side = sizing.shortestSide();
        return new EngineShapes(
                sizing.isFitting() ? withSize(square.smallest, new ImageSize(side, side)) : square.smallest,
                withSize(square.best, sizing.widescreen()),
                square.largest);
    }

    private static TensorShape withBatch(TensorShape shape, int batch) {
        return new TensorShape(batch, shape.channels(), shape.height(), shape.width());
    }

    private static TensorShape withSize(TensorShape shape, ImageSize size) {
        return new TensorShape(shape.batch(), shape.channels(), size.height(), size.width());
    }
}
