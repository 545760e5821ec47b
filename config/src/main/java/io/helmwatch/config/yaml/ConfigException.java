package io.helmwatch.config.yaml;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used, with all its problems; the message has one line for each. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // List.copyOf gives a serializable list of records of strings and ints
    private final List<Problem> problems;

    /** An exception for at least one problem. */
    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** All problems, in the order of the file. */
    public List<Problem> problems() {
        return problems;
    }
}
