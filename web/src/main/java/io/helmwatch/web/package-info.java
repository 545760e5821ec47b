/**
 * What the HTTP server needs of the rest of Helmwatch, as small interfaces and the records that pass through them. The service implements
 * them; the packages below serve them.
 */
@NullMarked
package io.helmwatch.web;

import org.jspecify.annotations.NullMarked;
