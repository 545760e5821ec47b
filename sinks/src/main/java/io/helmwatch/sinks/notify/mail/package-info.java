/** Notifications as e-mail; Jakarta Mail is used here only. */
@NullMarked
package io.helmwatch.sinks.notify.mail;

import org.jspecify.annotations.NullMarked;
