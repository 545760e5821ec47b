/** Incidents of the streams: their rules, messages, evidence, delivery and notifications. */
@NullMarked
package io.helmwatch.pipeline.service.incident;

import org.jspecify.annotations.NullMarked;
