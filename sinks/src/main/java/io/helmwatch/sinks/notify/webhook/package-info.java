/** Notifications as HTTP requests. The only place that sends some. */
@NullMarked
package io.helmwatch.sinks.notify.webhook;

import org.jspecify.annotations.NullMarked;
