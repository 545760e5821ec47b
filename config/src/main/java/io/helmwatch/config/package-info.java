/**
 * The configuration as a whole: its record, and the loader that reads it from YAML. Each subject has a package of its own with the records
 * and the keys that they are read from; {@code schema} declares keys, {@code yaml} knows lines and columns.
 */
@NullMarked
package io.helmwatch.config;

import org.jspecify.annotations.NullMarked;
