/** The keys of Helmwatch's YAML file, one class per section, and the loader that reads them. */
@NullMarked
package io.helmwatch.config.yaml;

import org.jspecify.annotations.NullMarked;
