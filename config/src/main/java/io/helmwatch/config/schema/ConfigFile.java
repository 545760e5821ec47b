package io.helmwatch.config.schema;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.yaml.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** One file while it is read: collects its problems, substitutes variables, resolves paths. Threading: one thread. */
public final class ConfigFile {
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\$\\{)|\\$\\{([^}]*)}|\\$\\{");
    private static final Pattern VARIABLE_NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);

    /** Names of variables whose values are masked in everything that leaves the process, wherever in the file they are used. */
    private static final Pattern CREDENTIAL_NAME = Pattern.compile(
            ".*(?:passw|passphrase|pass$|pwd|pw$|secret|token|credential|api_?key|_key$).*(?<!_file|_path|_dir)",
            Pattern.CASE_INSENSITIVE);

    private final String name;
    private final Path folder;
    private final Function<String, @Nullable String> environment;
    /** Null for a file. */
    private final @Nullable RequestLimits limits;

    private final List<Problem> problems = new ArrayList<>();

    /**
     * A file without problems so far.
     *
     * @param name how problems name the file
     * @param folder base of relative paths
     * @param environment value of a variable, null where it is not set
     */
    public ConfigFile(String name, Path folder, Function<String, @Nullable String> environment) {
        this(name, folder, environment, null);
    }

    private ConfigFile(
            String name, Path folder, Function<String, @Nullable String> environment, @Nullable RequestLimits limits) {
        this.name = name;
        this.folder = folder;
        this.environment = environment;
        this.limits = limits;
    }

    /**
     * What a request sent in place of a file: {@code ${NAME}} is plain text, and a password may be given.
     *
     * @param name how problems name it
     * @param folder base of relative paths
     * @param environment value of a variable, null where it is not set
     * @param limits what it may name of the machine
     */
    public static ConfigFile ofRequest(
            String name, Path folder, Function<String, @Nullable String> environment, RequestLimits limits) {
        return new ConfigFile(name, folder, environment, limits);
    }

    /** Whether a request sent it. */
    public boolean isRequest() {
        return limits != null;
    }

    /** Adds a problem at a node; a null node stands for the file as a whole. */
    public void problem(@Nullable Node node, String where, String rule) {
        Mark mark = node == null ? null : node.getStartMark();
        int line = mark == null ? 0 : mark.getLine() + 1;
        int column = mark == null ? 0 : mark.getColumn() + 1;
        problems.add(new Problem(name, line, column, where, rule));
    }

    /** Whether a problem was found so far. */
    public boolean hasProblems() {
        return !problems.isEmpty();
    }

    /** The problems in the order of the file; those without a line come last. */
    public List<Problem> problems() {
        return problems.stream()
                .sorted(Comparator.comparingInt(problem -> problem.line() == 0 ? Integer.MAX_VALUE : problem.line()))
                .toList();
    }

    /** A path from the file, relative ones against its folder. */
    public Path resolve(String path) {
        return folder.resolve(path).normalize();
    }

    /** Whether a file of the machine may be named. */
    boolean mayName(Path file) {
        return limits == null || limits.allow(file);
    }

    /** Whether an environment variable may be named outside of {@code ${NAME}}. */
    public boolean mayNameVariable(String variable) {
        return limits == null || limits.variables().contains(variable);
    }

    /** The value of an environment variable; null where it is not set. */
    public @Nullable String variable(String variable) {
        return environment.apply(variable);
    }

    /** The scalar with variables replaced; null, with a problem, where one is not set. */
    @Nullable
    String substitute(ScalarNode scalar, String where) {
        String text = scalar.getValue();
        if (isRequest() || !text.contains("${")) {
            return text;
        }
        StringBuilder result = new StringBuilder();
        Matcher matcher = VARIABLE.matcher(text);
        boolean isComplete = true;
        while (matcher.find()) {
            String value = null;
            if (matcher.group(1) != null) {
                value = "${";
            } else if (matcher.group(2) == null) {
                problem(scalar, where, "'${' without '}': write $${ for a plain ${");
            } else {
                value = expand(scalar, where, matcher.group(2));
            }
            isComplete &= value != null;
            matcher.appendReplacement(result, Matcher.quoteReplacement(value == null ? "" : value));
        }
        matcher.appendTail(result);
        return isComplete ? result.toString() : null;
    }

    private @Nullable String expand(ScalarNode scalar, String where, String expression) {
        Matcher matcher = VARIABLE_NAME.matcher(expression);
        if (!matcher.matches()) {
            problem(scalar, where, "expected ${NAME} or ${NAME:-default}");
            return null;
        }
        String value = environment.apply(matcher.group(1));
        String byDefault = matcher.group(2);
        if (byDefault != null && (value == null || value.isEmpty())) {
            return byDefault;
        }
        if (value == null) {
            problem(scalar, where, "environment variable " + matcher.group(1) + " is not set");
        } else if (CREDENTIAL_NAME.matcher(matcher.group(1)).matches()) {
            Redaction.register(Secret.of(value));
        }
        return value;
    }
}
