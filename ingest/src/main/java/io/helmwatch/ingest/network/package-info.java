/** Talking to cameras without FFmpeg: what a server speaks, HTTP with redirects and authentication under control. Pure Java. */
@NullMarked
package io.helmwatch.ingest.network;

import org.jspecify.annotations.NullMarked;
