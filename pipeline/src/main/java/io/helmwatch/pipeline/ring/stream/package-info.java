/** The account of one stream: its state, its frames by cause, its rates and its epochs. */
@NullMarked
package io.helmwatch.pipeline.ring.stream;

import org.jspecify.annotations.NullMarked;
