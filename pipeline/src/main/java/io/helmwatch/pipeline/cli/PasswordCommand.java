package io.helmwatch.pipeline.cli;

import io.helmwatch.config.http.PasswordHash;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Makes the hash of a password for the configuration. */
@Command(
        name = "password",
        description =
                "Asks for a password, or reads it from standard input, and prints its hash for http.users[].password-hash.")
final class PasswordCommand implements Callable<Integer> {
    private static final int SHORTEST = 10;
    private static final int LONGEST = 1_024;

    @Override
    public Integer call() throws IOException {
        Console console = System.console();
        char[] password = console == null ? piped() : asked(console);
        try {
            if (password.length < SHORTEST || password.length > LONGEST) {
                throw CommandFailure.usage(
                        "the password has " + password.length + " characters: expected " + SHORTEST + " to " + LONGEST);
            }
            System.out.println(PasswordHash.of(password).text());
        } finally {
            Arrays.fill(password, '\0');
        }
        return 0;
    }

    private static char[] asked(Console console) {
        char[] first = console.readPassword("Password: ");
        char[] second = console.readPassword("Again: ");
        if (first == null || second == null || !Arrays.equals(first, second)) {
            throw CommandFailure.usage("the two passwords are not the same");
        }
        return first;
    }

    private static char[] piped() throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line = input.readLine();
        return line == null ? new char[0] : line.toCharArray();
    }
}
