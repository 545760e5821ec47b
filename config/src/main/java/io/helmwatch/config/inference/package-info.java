/** The model, and how a CPU or GPU runs it. Records with the keys that they are read from. */
@NullMarked
package io.helmwatch.config.inference;

import org.jspecify.annotations.NullMarked;
