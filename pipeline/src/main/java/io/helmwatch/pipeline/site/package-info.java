/** What a node of a cluster shows of the others: their cameras and what they say of themselves. */
@NullMarked
package io.helmwatch.pipeline.site;

import org.jspecify.annotations.NullMarked;
