/** The cluster over Kafka: members of a consumer group, compacted topics that every node follows. */
@NullMarked
package io.helmwatch.cluster.kafka;

import org.jspecify.annotations.NullMarked;
