/** Settings as records, read from YAML, every problem reported at once; secrets that never show. */
@NullMarked
package io.helmwatch.config;

import org.jspecify.annotations.NullMarked;
