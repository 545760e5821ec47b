/** Settings as records; secrets and their redaction. */
@NullMarked
package io.helmwatch.config;

import org.jspecify.annotations.NullMarked;
