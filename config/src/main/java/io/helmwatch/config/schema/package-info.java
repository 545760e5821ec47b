/**
 * Declared keys: what a section of the configuration may hold, and from it reading with checks, the values in force, the
 * table of the documents and the commented example. Knows no key of Helmwatch.
 */
@NullMarked
package io.helmwatch.config.schema;

import org.jspecify.annotations.NullMarked;
