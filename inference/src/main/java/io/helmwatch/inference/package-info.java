/** Networks and the engines that run them. */
@NullMarked
package io.helmwatch.inference;

import org.jspecify.annotations.NullMarked;
