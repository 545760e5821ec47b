/** Notifications over MQTT 5; the HiveMQ client is used here only. */
@NullMarked
package io.helmwatch.sinks.notify.mqtt;

import org.jspecify.annotations.NullMarked;
