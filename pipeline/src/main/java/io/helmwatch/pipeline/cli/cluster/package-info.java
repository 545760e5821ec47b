/** Commands about a cluster: its cameras and its nodes. */
@NullMarked
package io.helmwatch.pipeline.cli.cluster;

import org.jspecify.annotations.NullMarked;
