/** What commands share: options, configurations made of them, the files of the installation, and how a command fails. */
@NullMarked
package io.helmwatch.pipeline.cli.option;

import org.jspecify.annotations.NullMarked;
