package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.UserInfo;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamSettings;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import io.helmwatch.web.RefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a stream as JSON: read by the configuration's reader, merged with what is stored, and shown without secrets.
 *
 * <p>Threading: any thread.
 */
final class SettingsJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CREDENTIALS = "credentials";
    private static final String PASSWORD = "password";
    private static final List<String> PASSWORD_KEYS = List.of(PASSWORD, "password-env", "password-file");
    private static final List<String> REGIONS = List.of("zones", "masks", "rules");

    private final Path folder;
    private final List<Integer> devices;
    private final RequestLimits limits;

    /**
     * A reader.
     *
     * @param folder base of relative paths
     * @param devices the GPUs in use; empty for all
     * @param limits what settings may name of the machine
     */
    SettingsJson(Path folder, List<Integer> devices, RequestLimits limits) {
        this.folder = folder;
        this.devices = List.copyOf(devices);
        this.limits = limits;
    }

    /**
     * Reads settings.
     *
     * @throws RefusedException with all problems, by key path
     */
    StreamConfig read(JsonNode settings) {
        try {
            return StreamSettings.read(text(settings), folder, System::getenv, devices, limits);
        } catch (ConfigException e) {
            throw refused(e);
        }
    }

    /** A refusal that names every problem by its key path. */
    static RefusedException refused(ConfigException problems) {
        List<RefusedException.FieldError> errors = problems.problems().stream()
                .map(problem -> new RefusedException.FieldError(field(problem), Redaction.redact(problem.rule())))
                .toList();
        return RefusedException.refused(
                errors.size() == 1
                        ? (errors.get(0).field().isEmpty() ? "" : errors.get(0).field() + ": ")
                                + errors.get(0).message()
                        : errors.size() + " values are refused",
                errors);
    }

    /** The key path of a problem, without the value that was found there. */
    private static String field(Problem problem) {
        int value = problem.where().indexOf('=');
        return value < 0 ? problem.where() : problem.where().substring(0, value);
    }

    /** The object that a request sent. */
    static ObjectNode object(JsonNode settings) {
        if (settings instanceof ObjectNode object) {
            return object.deepCopy();
        }
        throw RefusedException.refused("settings must be a JSON object with the keys of a stream", List.of());
    }

    static ObjectNode parse(String json) {
        try {
            return object(MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("stored settings are no JSON", e);
        }
    }

    /** Settings as values by key. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> values(ObjectNode settings) {
        return MAPPER.convertValue(settings, Map.class);
    }

    static String text(JsonNode settings) {
        try {
            return MAPPER.writeValueAsString(settings);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("JSON cannot be written", e);
        }
    }

    /**
     * Settings with user information of the address moved to the credentials, and with the stored password where none is given, and user and
     * address of the camera are the same.
     *
     * @param stored null where nothing is stored
     */
    static ObjectNode complete(ObjectNode settings, @Nullable ObjectNode stored) {
        ObjectNode result = settings.deepCopy();
        String url = result.path("url").asText("");
        if (stored != null
                && stored.has("url")
                && url.equals(shown(stored).path("url").asText())) {
            // Sent back as it was shown: what is masked in it stays.
            url = stored.path("url").asText();
            result.put("url", url);
        }
        UserInfo userInfo = UserInfo.of(url);
        if (userInfo != null && !result.has(CREDENTIALS)) {
            result.put("url", userInfo.urlWithout());
            result.putObject(CREDENTIALS).put("username", userInfo.username()).put(PASSWORD, userInfo.password());
        }
        if (stored != null && result.get(CREDENTIALS) instanceof ObjectNode credentials && !hasPassword(credentials)) {
            JsonNode before = stored.path(CREDENTIALS);
            boolean isSameCamera = origin(result.path("url").asText(""))
                            .equals(origin(stored.path("url").asText("")))
                    && credentials.path("username").equals(before.path("username"));
            if (isSameCamera) {
                PASSWORD_KEYS.stream().filter(before::has).forEach(key -> credentials.set(key, before.get(key)));
            }
        }
        return result;
    }

    private static boolean hasPassword(ObjectNode credentials) {
        return PASSWORD_KEYS.stream().anyMatch(credentials::has);
    }

    /** Scheme, host and port of an address; the address itself where it has none. */
    private static String origin(String url) {
        int host = url.indexOf("://");
        int path = host < 0 ? -1 : url.indexOf('/', host + 3);
        return path < 0 ? url : url.substring(0, path);
    }

    /** Settings without the password, with everything that is secret in other places masked. */
    static JsonNode shown(ObjectNode settings) {
        ObjectNode shown = settings.deepCopy();
        if (shown.get(CREDENTIALS) instanceof ObjectNode credentials) {
            credentials.remove(PASSWORD);
        }
        if (shown.has("url")) {
            shown.put("url", Redaction.redact(shown.path("url").asText()));
        }
        return shown;
    }

    /** The settings of a stream of the file, as far as they differ from the defaults; secrets are three stars. */
    static ObjectNode of(StreamConfig stream) {
        return MAPPER.valueToTree(StreamSettings.values(stream));
    }

    /** Settings with other zones, masks and rules; those that a request leaves out stay. */
    static ObjectNode withRegions(ObjectNode settings, JsonNode regions) {
        ObjectNode result = settings.deepCopy();
        ObjectNode given = object(regions);
        for (String key : REGIONS) {
            if (given.has(key)) {
                result.set(key, given.remove(key));
            }
        }
        if (!given.isEmpty()) {
            String key = given.fieldNames().next();
            throw RefusedException.refused(
                    key + ": only zones, masks and rules can be given here",
                    List.of(new RefusedException.FieldError(key, "only zones, masks and rules can be given here")));
        }
        return result;
    }

    /** Settings to read the regions of: without what needs a camera's password. */
    static ObjectNode withoutCredentials(ObjectNode settings) {
        ObjectNode result = settings.deepCopy();
        result.remove(CREDENTIALS);
        return result;
    }
}
