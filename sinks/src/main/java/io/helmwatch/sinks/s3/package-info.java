/** Copies of snapshots and clips in S3-compatible object storage: queue, uploads, retention, reading. */
@NullMarked
package io.helmwatch.sinks.s3;

import org.jspecify.annotations.NullMarked;
