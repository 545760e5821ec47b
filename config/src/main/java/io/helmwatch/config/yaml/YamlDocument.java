package io.helmwatch.config.yaml;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** From bytes to the tree of one YAML document. Errors quote nothing of the text: the line may hold a password. */
public final class YamlDocument {
    /** A configuration has a few kilobytes; a file larger than this is something else. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_NESTING = 20;
    private static final int MAX_ALIASES = 200;

    private YamlDocument() {}

    /**
     * UTF-8 text, without a byte order mark.
     *
     * @throws ConfigException with the place of the first byte that is not UTF-8
     */
    public static String decode(byte[] bytes, String name) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (result.isError()) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            int column = text.length() - text.lastIndexOf('\n');
            int found = bytes[in.position()] & 0xff;
            String rule = String.format(Locale.ROOT, "is not UTF-8 text (byte 0x%02x): save the file as UTF-8", found);
            throw new ConfigException(List.of(new Problem(name, line, column, "", rule)));
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /**
     * The tree of the one document.
     *
     * @throws ConfigException where the text is no YAML, empty, or not made of sections
     */
    public static MappingNode compose(String yaml, String name) {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(MAX_NESTING);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setCodePointLimit(MAX_BYTES);
        Node root;
        try {
            root = new Composer(new ParserImpl(new StreamReader(yaml), options), new Resolver(), options)
                    .getSingleNode();
        } catch (MarkedYAMLException e) {
            YamlProblem problem = YamlProblem.of(e, yaml);
            throw refused(name, problem.mark(), "is not valid YAML: " + problem.rule());
        } catch (ReaderException e) {
            throw notPrintable(name, yaml);
        } catch (YAMLException e) {
            throw refused(name, null, "is not valid YAML: " + YamlProblem.firstLine(e.getMessage()));
        }
        if (root == null || Yaml.isNull(root)) {
            throw refused(name, null, "is empty: expected at least 'streams:' with one stream");
        }
        if (!(root instanceof MappingNode mapping)) {
            throw refused(
                    name,
                    root.getStartMark(),
                    "must be sections (key: value lines) such as 'streams:', but is " + Yaml.kind(root));
        }
        return mapping;
    }

    /** Where the text has the first character that YAML does not allow. */
    private static ConfigException notPrintable(String name, String yaml) {
        int place = 0;
        while (place < yaml.length() && StreamReader.isPrintable(yaml.codePointAt(place))) {
            place += Character.charCount(yaml.codePointAt(place));
        }
        String before = yaml.substring(0, place);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = before.length() - before.lastIndexOf('\n');
        String found = place < yaml.length() ? String.format(Locale.ROOT, " U+%04X", yaml.codePointAt(place)) : "";
        return new ConfigException(List.of(new Problem(
                name,
                line,
                column,
                "",
                "is not valid YAML: a control character" + found
                        + ": remove it, or write it as an escape in \"...\"")));
    }

    /** A file that cannot be used as a whole. */
    public static ConfigException refused(String name, @Nullable Mark mark, String rule) {
        int line = mark == null ? 0 : mark.getLine() + 1;
        int column = mark == null ? 0 : mark.getColumn() + 1;
        return new ConfigException(List.of(new Problem(name, line, column, "", rule)));
    }
}
