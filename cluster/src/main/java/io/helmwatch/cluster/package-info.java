/** Which cameras this node has, and since when: placement, ownership, leases. Nothing of Kafka's client. */
@NullMarked
package io.helmwatch.cluster;

import org.jspecify.annotations.NullMarked;
