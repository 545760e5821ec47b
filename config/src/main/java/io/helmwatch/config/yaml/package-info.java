/** The text of a YAML document: its nodes, its scalars, and problems with their line and column. */
@NullMarked
package io.helmwatch.config.yaml;

import org.jspecify.annotations.NullMarked;
