/** What the command line itself asks of Kafka: reading topics for the demonstration, looking whether a broker answers. */
@NullMarked
package io.helmwatch.pipeline.cli.kafka;

import org.jspecify.annotations.NullMarked;
