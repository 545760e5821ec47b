/** Where frames come from: sources that open, decode, reconnect and report their state. */
@NullMarked
package io.helmwatch.ingest;

import org.jspecify.annotations.NullMarked;
