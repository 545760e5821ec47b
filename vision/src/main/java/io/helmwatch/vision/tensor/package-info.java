/** What goes into a model and comes out of it: tensors, their shapes and types, raw predictions, and the letterbox between a frame and the model's input. */
@NullMarked
package io.helmwatch.vision.tensor;

import org.jspecify.annotations.NullMarked;
