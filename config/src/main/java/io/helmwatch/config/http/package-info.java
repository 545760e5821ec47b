/**
 * The HTTP server: address, certificate, users, roles and tokens, and what the page keeps on disk.
 * Records with the keys that they are read from.
 */
@NullMarked
package io.helmwatch.config.http;

import org.jspecify.annotations.NullMarked;
