/** The cluster that a node is part of. */
@NullMarked
package io.helmwatch.config.cluster;

import org.jspecify.annotations.NullMarked;
