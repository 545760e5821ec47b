/** The service: a configuration in operation, its incidents, reload and monitoring. */
@NullMarked
package io.helmwatch.pipeline.service;

import org.jspecify.annotations.NullMarked;
