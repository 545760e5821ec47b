/** Failures of the pipeline's stages: counted, the first of each kind logged, and what happens when the process cannot continue. */
@NullMarked
package io.helmwatch.pipeline.ring.failure;

import org.jspecify.annotations.NullMarked;
