/** The HTTP API as declared routes: what they need, do and answer. Knows nothing of the server that receives the requests. */
@NullMarked
package io.helmwatch.web.api;

import org.jspecify.annotations.NullMarked;
