/** The HTTP server: Javalin on Jetty. The only package that knows them. */
@NullMarked
package io.helmwatch.web.server;

import org.jspecify.annotations.NullMarked;
