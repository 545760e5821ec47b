/** Cameras and files: address, credentials, decoding. Records with the keys that they are read from. */
@NullMarked
package io.helmwatch.config.stream;

import org.jspecify.annotations.NullMarked;
