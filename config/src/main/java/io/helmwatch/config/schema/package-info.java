/**
 * Declared keys: what a section of the configuration may hold, and from it reading with checks, the values in force, the
 * table of the documents and the commented example. Knows no key of Helmwatch.
 *
 * <p>Threading: declarations are immutable; a file and its sections are read by one thread.
 */
@NullMarked
package io.helmwatch.config.schema;

import org.jspecify.annotations.NullMarked;
