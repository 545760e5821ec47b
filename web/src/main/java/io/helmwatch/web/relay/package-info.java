/** Requests and live video that are passed on between the desks of a cluster's nodes. */
@NullMarked
package io.helmwatch.web.relay;

import org.jspecify.annotations.NullMarked;
