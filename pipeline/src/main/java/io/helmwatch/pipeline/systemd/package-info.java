/** The conversation with systemd, where it started the process. */
@NullMarked
package io.helmwatch.pipeline.systemd;

import org.jspecify.annotations.NullMarked;
