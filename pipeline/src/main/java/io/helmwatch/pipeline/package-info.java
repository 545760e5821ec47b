/** The wiring: Disruptor ring, stage handlers, metrics, health, command line. */
@NullMarked
package io.helmwatch.pipeline;

import org.jspecify.annotations.NullMarked;
