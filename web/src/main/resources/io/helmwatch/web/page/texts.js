/** @param {number} count @param {string} one @param {string} [many] */
const n = (count, one, many = one + 's') => `${count} ${count === 1 ? one : many}`;

/** @type {Record<string, string>} */
const states = {
  starting: 'starting',
  online: 'online',
  degraded: 'degraded',
  offline: 'offline',
  failed: 'failed',
  ended: 'ended',
};

/** @type {Record<string, string>} */
const causes = {
  'ring-full': 'analysis is busy',
  'stream-share': 'this camera has used its share',
  stale: 'too old to analyse',
  sampled: 'not wanted (analyze-fps)',
  corrupt: 'damaged',
  failed: 'analysis failed',
};

/** @type {Record<string, string>} */
const pages = {
  wall: 'Wall',
  incidents: 'Incidents',
  overview: 'Overview',
  report: 'Report',
  cameras: 'Cameras',
  nodes: 'Nodes',
  system: 'System',
  notifications: 'Notifications',
  setup: 'Add camera',
  login: 'Log in',
};

/** @type {Record<string, string>} */
const pictures = { live: 'live', connecting: 'connecting', stale: 'no new picture', offline: 'offline' };

/** All texts of the page. */
export const T = {
  name: 'Helmwatch',
  none: '\u2013',
  starting: 'Connecting to Helmwatch \u2026',
  skip: 'Skip to content',
  navigation: 'Pages',
  close: 'Close',
  cancel: 'Cancel',
  undo: 'Undo',
  save: 'Save',
  discard: 'Discard',
  remove: 'Remove',
  copy: 'Copy',
  copied: 'Copied.',
  menu: 'Menu',
  sign: { warning: '\u26A0' },
  loadingCameras: 'Asking for the cameras \u2026',
  noLogin: 'No login is needed from this machine.',
  notLoggedIn: 'Anybody may look; log in to change something.',
  pages,
  states,
  causes,
  /** @type {Record<string, string>} */
  roles: { viewer: 'viewer', operator: 'operator', admin: 'administrator' },
  kinds: { helmet: 'helmet', bare: 'bare head' },
  /** @param {string} page @param {string} id @param {number | null} count */
  title: (page, id, count) => `${count ? `(${count}) ` : ''}${id && page === pages.cameras ? `${id} \u00B7 ` : ''}${page || pages.wall} \u00B7 Helmwatch`,
  /** @param {number} count */
  cameras: (count) => n(count, 'camera'),
  /** @param {number} count */
  newIncidents: (count) => `${n(count, 'incident')} not acknowledged`,
  /** @param {string} name @param {string} role */
  loggedInAs: (name, role) => `Logged in as ${name} (${role})`,
  /** @param {string} duration */
  ago: (duration) => `${duration} ago`,
  theme: { system: 'Colours: as the system', light: 'Colours: light', dark: 'Colours: dark' },
  error: {
    unreachable: 'Helmwatch does not answer; trying again.',
    /** @param {number} status */
    status: (status) => `Helmwatch answered with status ${status}.`,
    /** @param {number} seconds */
    retryAfter: (seconds) => `Too many attempts; try again in ${seconds} s.`,
  },
  keys: {
    help: 'this help',
    search: 'search',
    next: 'next incident',
    previous: 'previous incident',
    acknowledge: 'acknowledge the incident',
    undo: 'undo the acknowledgement',
    note: 'write a note',
    nextCamera: 'next camera',
    previousCamera: 'previous camera',
    full: 'whole screen',
  },
  help: {
    title: 'Help',
    keys: 'Keys',
    signs: 'Signs',
    /** @type {[string, string, string][]} sign, class, meaning */
    signList: [
      ['\u25CF', 'green', 'live: pictures arrive and are analysed'],
      ['\u25D0', 'amber', 'degraded: pictures arrive, but damaged, late or covered'],
      ['\u25CB', 'grey', 'offline, or no new picture: the last one is dimmed and says its age'],
      ['\u2715', 'red', 'failed: the settings of the camera have to change'],
      ['\u25B2', 'red', 'bare head, or an incident that is open'],
      ['\u25A3', 'green', 'helmet'],
      ['\u2713', 'grey', 'incident acknowledged'],
    ],
    /** @param {string} version */
    version: (version) => `Helmwatch ${version}`,
  },
  search: {
    title: 'Search',
    placeholder: 'Camera, zone or page',
    camera: 'camera',
    page: 'page',
    zoneIncidents: 'incidents of this zone',
    /** @param {string} text */
    nothing: (text) => `Nothing is called \u201C${text}\u201D.`,
  },
  login: {
    name: 'User name',
    password: 'Password',
    submit: 'Log in',
    busy: 'Logging in \u2026',
    ended: 'Your login has ended. Log in again to go on.',
    tooMany: 'Too many failed logins from this address.',
    /** @param {string} duration */
    wait: (duration) => `Try again in ${duration}`,
    logout: 'Log out',
  },
  live: {
    /** @type {Record<string, string>} */
    states: pictures,
    /** @param {string} stream @param {string} state */
    pictureOf: (stream, state) => `Picture of ${stream}: ${state}`,
    /** @param {string} duration */
    lastPicture: (duration) => `This picture is ${duration} old.`,
    /** @param {string} state @param {string} reason */
    away: (state, reason) => (reason ? `${state}: ${reason}` : state),
    noConnection: 'No connection to Helmwatch; trying again.',
    noFrames: 'No new picture arrives.',
    waiting: 'Waiting for the first picture \u2026',
    waitingAgain: 'Waiting for a new picture \u2026',
    /** @param {number} number @param {number} count */
    staticHead: (number, count) => (count === 1 ? 'never moves' : `never moves: head ${number}`),
    short: { helmet: 'helmet', bare: 'bare', other: '?' },
  },
  wall: {
    none: 'There is no camera yet.',
    addFirst: 'Add one: an address is enough to see its picture.',
    askAdmin: 'Somebody with the role admin can add one, here or in the configuration file.',
    sizes: 'Number of cameras on the wall',
    zone: 'Zone',
    allZones: 'all zones',
    problemsOnly: 'only problems',
    allWell: 'No camera has a problem or an open incident.',
    noneInZone: 'No camera has this zone.',
    noOpenIncidents: 'no open incidents',
    previous: 'Previous cameras',
    next: 'Next cameras',
    live: 'live',
    pictures,
    ratesTitle: 'analysed frames per second; time from the camera\u2019s frame to its detections',
    /** @param {number} first @param {number} last @param {number} count */
    range: (first, last, count) => `${first}\u2013${last} of ${count}`,
    /** @param {number} count */
    openIncidents: (count) => n(count, 'open incident'),
    /** @param {number} count */
    offline: (count) => `${count} offline`,
    /** @param {number} count */
    degraded: (count) => `${count} degraded`,
    /** @param {string} state @param {string} time */
    since: (state, time) => `${state} since ${time}`,
    unknown: 'not known now',
    /** @param {string} time */
    asOf: (time) => `as of ${time}`,
    /** @param {string} reason @param {string} duration */
    degradedFor: (reason, duration) => `degraded for ${duration}: ${reason}`,
    /** @param {string} causes */
    dropped: (causes) => `dropped: ${causes}`,
    /** @param {string} rate @param {string} cause */
    cause: (rate, cause) => `${rate} fps ${cause}`,
  },
  camera: {
    title: 'Camera',
    all: 'All cameras',
    incidents: 'Incidents',
    parts: 'Parts of the camera',
    tabs: { log: 'Log', rules: 'Zones and rules', source: 'Source', health: 'Health' },
    preview: 'What it would say now',
    noPreview: 'Without a rule it says nothing.',
    masked: 'Masks are burned in, so this picture is sent as single images.',
    restart: 'Restart the stream',
    restartHint: 'Connects to the camera again. Other cameras are not affected.',
    /** @param {string} id */
    unknown: (id) => `There is no camera \u201C${id}\u201D.`,
    /** @param {string} analysed @param {string} source */
    estimated: (analysed, source) => `${analysed} of ${source} frames a second are analysed; boxes in between are interpolated.`,
    /** @param {string} sentences */
    previewInvalid: (sentences) => `Nothing while something is missing: ${sentences}`,
    /** @param {number} count */
    staticHeads: (count) => `${n(count, 'head')} that never ${count === 1 ? 'moves' : 'move'}: reported as nobody.`,
    /** @param {number} number @param {number} count */
    maskStatic: (number, count) => (count === 1 ? 'Make a mask of it' : `Make a mask of head ${number}`),
    /** @param {string} reason @param {string} duration */
    why: (reason, duration) => `For ${duration}: ${reason}`,
    /** @param {string} id */
    restarted: (id) => `${id} is connecting again.`,
  },
  cameraTable: {
    camera: 'Camera',
    state: 'State',
    rate: 'Analysed',
    latency: 'Latency',
    rules: 'Rules',
    source: 'Source',
    noRules: 'no rules: nothing is reported',
    file: 'from the configuration file',
    added: 'added here',
    cluster: 'shared by the cluster',
    node: 'Node',
    filter: 'Name or state',
    noneMatch: 'No camera matches.',
    withoutNode: 'on no node',
    allNodes: 'Cameras of all nodes',
    /** @param {string} node */
    ofNode: (node) => `on ${node}`,
    /** @param {string} analysed @param {string} wanted */
    of: (analysed, wanted) => `${analysed} of ${wanted} fps`,
  },
  nodes: {
    loading: 'Asking for the nodes \u2026',
    none: 'No node is heard of yet: the broker may be away. Each node says every 10 s that it is there.',
    node: 'Node',
    here: 'this one',
    state: 'State',
    online: 'online',
    silent: 'silent',
    cameras: 'Cameras',
    analysed: 'Analysed',
    load: 'Load',
    capacity: 'Capacity',
    weight: 'Weight',
    version: 'Version',
    address: 'Desk',
    noDesk: 'without a desk',
    /** @param {string} cluster @param {number} nodes @param {number} cameras */
    summary: (cluster, nodes, cameras) => `${cluster} \u00B7 ${n(nodes, 'node')} \u00B7 ${n(cameras, 'camera')}`,
    /** @param {number} count */
    silentNodes: (count) => `${n(count, 'node')} silent`,
    /** @param {number} count */
    unassigned: (count) => `${n(count, 'camera')} on no node`,
    /** @param {string} age */
    heard: (age) => `heard ${age} ago`,
    /** @param {number} count */
    had: (count) => `had ${count}`,
    /** @param {string} cores */
    cores: (cores) => `${cores} cores`,
    /** @param {number} count */
    processors: (count) => (count ? n(count, 'processor') : '\u2013'),
    /** @param {number} count */
    partitions: (count) => n(count, 'partition'),
    /** @param {string} time */
    since: (time) => `since ${time}`,
  },
  health: {
    state: 'State',
    reason: 'Reason',
    noReason: 'none',
    lastFrame: 'Latest analysed frame',
    noFrame: 'none yet',
    /** @param {number} seconds @param {string} duration the same in words */
    frameAge: (seconds, duration) => (seconds < 1 ? 'less than 1 s old' : `${duration} old`),
    picture: 'Picture',
    source: 'Camera sends',
    analysed: 'Analysed',
    dropped: 'Dropped',
    nothingDropped: 'nothing',
    latency: 'Latency',
    retries: 'Attempts since it was lost',
    /** @param {string} time */
    since: (time) => `since ${time}`,
    /** @param {string} analysed @param {string} wanted @param {string} share */
    ofWanted: (analysed, wanted, share) => `${analysed} of ${wanted} wanted fps (${share})`,
  },
  log: {
    pause: 'pause',
    time: 'Time',
    seen: 'Detected',
    empty: 'Nothing has been detected since this page was opened.',
  },
  editor: {
    label: 'Zones and masks on the picture',
    how: 'Click corners and press Enter, or drag a rectangle. Esc cancels.',
    /** @param {number} number */
    newZone: (number) => `zone-${number}`,
    /** @param {number} number */
    mask: (number) => `Mask ${number}`,
    /** @param {string} kind @param {string} name */
    region: (kind, name) => `${kind === 'zones' ? `Zone ${name}` : name}: Enter shows its corners, arrow keys move it, Delete removes it`,
    /** @param {number} number @param {string} name @param {[number, number]} at */
    corner: (number, name, at) => `Corner ${number} of ${name} at ${at[0]}, ${at[1]}: arrow keys move it, Delete removes it`,
  },
  regions: {
    zones: 'Zones',
    noZones: 'None: rules apply to the whole picture.',
    masks: 'Masks',
    maskHint: 'Heads below a mask start no incidents; live pictures and snapshots show it black.',
    rules: 'Rules',
    noRules: 'None: nothing is reported.',
    drawZone: 'Draw a zone',
    drawMask: 'Draw a mask',
    addNoHelmet: 'No helmet',
    addOccupancy: 'Number of people',
    removeRule: 'Remove this rule',
    more: 'More',
    unnamed: 'Rule',
    viewer: 'Your role may look at zones and rules, not change them.',
    fromFile: 'This camera is in the configuration file, which is not changed from here. Try rules out, then paste the YAML into the file.',
    yaml: 'Show the YAML',
    paste: 'Paste this into the camera\u2019s section of the configuration file:',
    unsaved: 'not saved yet',
    discarded: 'Changes discarded.',
    invalid: 'Not saved: see above.',
    /** @param {number} number */
    zoneName: (number) => `Name of zone ${number}`,
    /** @param {string} name */
    removeZone: (name) => `Remove zone ${name}`,
    /** @param {number} number */
    removeMask: (number) => `Remove mask ${number}`,
    /** @param {string} id */
    saved: (id) => `Zones and rules of ${id} are in force.`,
  },
  /** @type {any} */
  rule: {
    name: 'Name',
    kind: 'Reports',
    kinds: { 'no-helmet': 'people without a helmet', occupancy: 'number of people' },
    limit: 'When there are',
    limits: [
      ['more-than', 'more than'],
      ['fewer-than', 'fewer than'],
    ],
    'more-than': 'People',
    'fewer-than': 'People',
    zones: 'In',
    wholePicture: 'the whole picture',
    'at-least': 'For at least',
    'end-after': 'Ends after',
    confidence: 'Confidence from',
    'update-every': 'Update every',
    required: 'Observations that agree',
    of: 'of the last',
    schedule: 'only at certain times',
    from: 'From',
    to: 'To',
    'time-zone': 'Time zone',
    days: 'Days',
    dayNames: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
  },
  source: {
    url: 'Address (URL) or path',
    username: 'User name',
    password: 'Password',
    passwordVariable: 'Variable of the password',
    passwordVariableHint: 'an environment variable that every node has, listed in desk.password-variables',
    keep: 'unchanged',
    transport: 'Transport',
    fps: 'Frames analysed per second',
    all: 'all',
    fromFile: 'This camera is in the configuration file and is changed there.',
    change: 'A change connects to this camera again; the others are not affected.',
    admin: 'Somebody with the role admin can change this.',
    remove: 'Remove camera',
    removeText: 'Its open incidents end. Incidents of the past stay in the list.',
    /** @param {string} id */
    removeTitle: (id) => `Remove ${id}?`,
    /** @param {string} id */
    saved: (id) => `${id} is connecting with the new settings.`,
    /** @param {string} id */
    removed: (id) => `${id} was removed.`,
  },
  setup: {
    add: 'Add camera',
    title: 'Add a camera',
    admin: 'Somebody with the role admin can add cameras.',
    source: 'Where is it?',
    urlHint: 'rtsp, rtsps, http or https; or the path of a clip below one of desk.local-folders',
    optional: 'if it asks for one',
    name: 'Name',
    nameHint: 'letters, digits, . - _',
    test: 'Test',
    testing: 'Testing \u2026',
    testingHint: 'Connecting and waiting for a picture; this takes up to 10 s.',
    zone: 'Where does it matter?',
    zoneHint: 'Draw a zone, or keep the whole picture.',
    picture: 'Picture of the camera',
    drawAgain: 'Draw again',
    whole: 'Whole picture',
    wholeIs: 'The rule will apply to the whole picture.',
    rule: 'What should be reported?',
    finish: 'Add this camera',
    adding: 'Adding \u2026',
    presets: {
      'no-helmet': { title: 'People without a helmet', text: 'An incident starts when a head was bare for 2 s.' },
      occupancy: { title: 'Too many people', text: 'An incident starts when more people are there than allowed.' },
      none: { title: 'Nothing yet', text: 'The picture is shown with its detections; rules can be added later.' },
    },
    /** @param {string} zone */
    zoneIs: (zone) => `The rule will apply to ${zone}.`,
    /** @param {string} id */
    added: (id) => `${id} was added.`,
    facts: {
      /** @param {number} width @param {number} height @param {string} codec */
      picture: (width, height, codec) => `The camera sends ${width} \u00D7 ${height} pixels${codec ? ` as ${codec}` : ''}.`,
      /** @param {number} fps */
      fps: (fps) => `${n(fps, 'frame')} a second.`,
      /** @param {number} seconds */
      keyFrames: (seconds) => `A key frame every ${seconds} s${seconds > 4 ? ', so the live picture takes that long to appear; shorten it in the camera if you can' : ''}.`,
      /** @param {number} millis */
      clock: (millis) => (Math.abs(millis) < 2000 ? 'Its clock is right.' : `Its clock is ${Math.abs(Math.round(millis / 1000))} s ${millis > 0 ? 'ahead' : 'behind'}; Helmwatch uses its own.`),
    },
  },
  filters: {
    period: 'Time',
    periods: { '24h': 'last 24 hours', today: 'today', '7d': 'last 7 days', '30d': 'last 30 days', all: 'any time' },
    camera: 'Camera',
    allCameras: 'all cameras',
    zone: 'Zone',
    allZones: 'all zones',
    rule: 'Rule',
    allRules: 'all rules',
    state: 'State',
    states: { all: 'all states', new: 'not acknowledged', open: 'open', acknowledged: 'acknowledged' },
    export: 'Export CSV',
    more: 'Show older ones',
    loading: 'Asking for the incidents \u2026',
    noRules: 'There are no incidents because no camera has a rule. Open a camera and add one.',
    toCameras: 'Cameras',
    noneMatch: 'No incident matches these filters.',
    noneNow: 'No incidents in the last 24 hours.',
    showAll: 'Show all of any time',
    /** @param {number} count */
    found: (count) => n(count, 'incident'),
  },
  incident: {
    choose: 'Choose an incident from the list.',
    loading: 'Asking for the incident \u2026',
    open: 'open',
    isNew: 'not acknowledged',
    isAcknowledged: 'acknowledged',
    node: 'Node',
    superseded: 'superseded',
    supersededHint: 'Another node had this camera already: what happened is in its incidents. Nothing needs to be done here.',
    /** @type {Record<string, string>} */
    kinds: { 'no-helmet': 'no helmet', occupancy: 'number of people' },
    /** @type {Record<string, string>} */
    reasons: {
      compliance: 'helmet put on',
      absence: 'nobody there any more',
      'left-zone': 'left the zone',
      uncertain: 'not clear any more',
      schedule: 'outside the rule\u2019s times',
      'rule-changed': 'the rule was changed',
      'stream-ended': 'the stream ended',
      'stream-lost': 'the camera was lost',
      interrupted: 'Helmwatch was stopped',
      static: 'the head never moved: no person',
      'node-lost': 'the machine that watched it was lost',
    },
    numberComplied: 'as many people as allowed again',
    draw: 'draw boxes',
    download: 'Save image',
    showVideo: 'Show video',
    showImage: 'Show image',
    downloadVideo: 'Save video',
    videoDue: 'The video follows once it is stored.',
    noClip: 'No video was stored.',
    noVideo: 'The video cannot be played: it was deleted, or this browser does not play its codec.',
    /** @param {string} stream @param {string} time */
    videoOf: (stream, time) => `Video of ${stream} at ${time}`,
    camera: 'Open camera',
    mask: 'Mask this spot',
    maskTitle: 'Proposes a mask where the head was, for posters and other false alarms',
    loadingImage: 'Loading the image \u2026',
    noSnapshot: 'No image was stored (incidents.snapshots.enabled).',
    positions: 'Position',
    acknowledge: 'Acknowledge',
    undo: 'Undo',
    note: 'Note',
    notePlaceholder: 'what was done',
    viewer: 'Your role may look at incidents, not acknowledge them.',
    rule: 'Rule',
    zone: 'Zone',
    started: 'Started',
    end: 'Ended',
    peak: 'Highest confidence',
    id: 'Id',
    /** @param {number} count */
    people: (count) => n(count, 'person', 'people'),
    /** @param {string} what @param {string} zone */
    inZone: (what, zone) => `${what} in ${zone}`,
    /** @param {string} duration */
    stillOpen: (duration) => `open for ${duration}`,
    /** @param {string} duration @param {string} reason */
    ended: (duration, reason) => `${duration}${reason ? `, ended: ${reason}` : ''}`,
    /** @param {string} stream @param {string} time */
    snapshotOf: (stream, time) => `Snapshot of ${stream} at ${time}`,
    /** @param {number} confidence */
    confidence: (confidence) => `confidence ${confidence.toFixed(2)}`,
    /** @param {string} time */
    pictureFrom: (time) => `the image is of ${time}`,
    /** @param {number} count */
    curve: (count) => `Confidence of ${n(count, 'position')}`,
    /** Without logins nobody has a name. @param {string} name @param {string} time */
    acknowledgedBy: (name, time) => (name ? `Acknowledged by ${name}, ${time}` : `Acknowledged, ${time}`),
    /** @param {string} stream */
    acknowledgedNow: (stream) => `Incident of ${stream} acknowledged.`,
  },
  /** @type {{[name: string]: any}} */
  report: {
    from: 'from',
    to: 'to',
    print: 'Print',
    csv: 'Table (CSV)',
    zones: 'By zone',
    shifts: 'By shift',
    outside: 'outside shifts',
    noShifts: 'No shifts are configured (desk.shifts).',
    noData: 'No heads were observed on these days.',
    period: 'Days',
    reversed: 'The first day is after the last one.',
    /** @param {number} days */
    tooLong: (days) => `A report covers at most ${days} days.`,
    /** @type {Record<string, string>} */
    periods: { '7d': 'last 7 days', month: 'this month', before: 'last month', own: 'these days' },
    allCameras: 'all cameras',
    cameras: 'Availability of cameras',
    camera: 'Camera',
    availability: 'Analysed',
    minutes: 'Minutes analysed',
    helmet: 'Helmet',
    bare: 'Bare',
    personHours: 'Person hours',
    observed: 'observed',
    /** @param {number} count */
    complied: (count) => `${count} ended by compliance`,
    /** @param {string} zone */
    timeZone: (zone) => `Shifts and hours in the time zone ${zone}.`,
  },
  overview: {
    period: 'Period',
    loading: 'Counting \u2026',
    compliance: 'Compliance',
    incidents: 'Incidents',
    wait: 'Time to compliance',
    up: 'Cameras up',
    now: 'now',
    median: 'median',
    noWait: 'no incident ended with a helmet',
    nothingBefore: 'nothing to compare with',
    heatMap: 'Compliance by zone and hour of the day',
    zone: 'Zone',
    trend: 'Compliance and incidents over time',
    worst: 'Lowest compliance',
    cameras: 'Cameras',
    time: 'Time',
    noData: 'No heads were observed in this time. Numbers appear once a camera with a rule has seen somebody.',
    legend: 'Percent of the observed heads with a helmet; \u00B7 is nobody seen. 100',
    legendWorst: '50 or less',
    /** @param {number} days */
    lastDays: (days) => (days === 1 ? 'last 24 hours' : `last ${days} days`),
    /** @param {number} change */
    points: (change) => Math.abs(change) < 0.0005 ? 'as in the period before' : `${change < 0 ? '\u2212' : '+'}${Math.abs(change * 100).toFixed(1)} points to the period before`,
    /** @param {string} count */
    before: (count) => `${count} in the period before`,
    /** @param {string} duration */
    medianBefore: (duration) => `median; ${duration} before`,
    /** @param {number | string} up @param {number | string} all */
    of: (up, all) => `${up} of ${all}`,
    /** @param {string} place @param {number} hour */
    cellEmpty: (place, hour) => `${place}, ${hour}:00 to ${hour + 1}:00: nobody seen`,
    /** @param {string} place @param {number} hour @param {string} share @param {number} heads @param {number} incidents */
    cell: (place, hour, share, heads, incidents) => `${place}, ${hour}:00 to ${hour + 1}:00: ${share} of ${n(heads, 'observation')}, ${n(incidents, 'incident')}`,
    /** @param {number} count */
    allOnline: (count) => (count === 1 ? 'The camera is online.' : `All ${count} cameras are online.`),
    /** @param {number} count */
    more: (count) => `${count} more`,
    /** @param {string} state @param {string} reason @param {string} duration */
    trouble: (state, reason, duration) => `${state} for ${duration}: ${reason}`,
    /** @param {number | null} first @param {number | null} last */
    trendInWords: (first, last) => (first === null || last === null ? 'No compliance observed' : `Compliance from ${first.toFixed(1)} to ${last.toFixed(1)} percent`),
  },
  notifications: {
    loading: 'Loading the targets \u2026',
    none: 'No targets: add them to \u201Cnotify\u201D in the configuration file to notify people of incidents, cameras and nodes.',
    test: 'Send a test',
    testing: 'Sending \u2026',
    settings: 'Settings (in the configuration file)',
    nothing: 'No messages since the start.',
    columns: { when: 'Time', outcome: 'Outcome', message: 'Message', camera: 'Camera or node', detail: 'Reason or id' },
    /** @type {Record<string, string>} */
    health: { delivered: 'works', retried: 'not delivered, retrying', rejected: 'messages are lost', acknowledged: 'nothing sent yet' },
    fewer: 'Show fewer',
    /** @type {Record<string, string>} */
    kinds: { webhook: 'webhook', mqtt: 'MQTT', mail: 'e-mail' },
    /** @type {Record<string, string>} */
    outcomes: { delivered: 'delivered', retried: 'retrying', rejected: 'rejected for good', acknowledged: 'not sent: acknowledged' },
    /** @type {Record<string, string>} */
    types: {
      'incident.start': 'incident started',
      'incident.update': 'incident continues',
      'incident.end': 'incident ended',
      'incident.evidence': 'clip stored',
      'stream.offline': 'camera offline',
      'stream.back': 'camera back',
      'node.lost': 'node lost',
      'node.back': 'node back',
      test: 'test',
    },
    /** @param {string} delivered @param {string} waiting @param {string} rejected */
    counts: (delivered, waiting, rejected) => `${delivered} delivered, ${waiting} waiting, ${rejected} rejected for good.`,
    /** @param {number} count */
    refused: (count) => `${n(count, 'message')} lost because the spool was full.`,
    /** @param {number} count */
    all: (count) => `Show all ${count}`,
    /** @param {number} count */
    allWork: (count) => (count === 1 ? 'The target works' : `All ${count} targets work`),
    /** @param {number} bad @param {number} count */
    someFail: (bad, count) => `${bad} of ${n(count, 'target')} ${bad === 1 ? 'fails' : 'fail'}:`,
    /** @param {string} age */
    oldest: (age) => `Oldest waiting for ${age}.`,
    /** @param {number} count */
    attempts: (count) => n(count, 'attempt'),
    /** @param {number} count */
    digest: (count) => n(count, 'message'),
  },
  system: {
    loading: 'Asking for the system\u2019s state \u2026',
    reload: 'Read the configuration file again',
    reloaded: 'The configuration file was read again.',
    pipeline: 'Analysis',
    wanted: 'Wanted',
    analysed: 'Analysed',
    behind: 'less than wanted',
    backend: 'Backend',
    delivery: 'Delivery',
    kafka: 'Kafka',
    noKafka: 'not configured',
    queued: 'Messages in memory',
    acknowledged: 'Last acknowledged',
    never: 'never',
    spool: 'Incidents on disk',
    spoolEmpty: 'none waiting',
    oldest: 'Oldest waiting',
    deadLetters: 'Refused for good',
    machine: 'Machine',
    cpu: 'CPU',
    memory: 'Memory',
    heap: 'Java heap',
    gpu: 'GPU',
    noGpu: 'none in use',
    software: 'Software',
    model: 'Model',
    site: 'Site',
    started: 'Started',
    metrics: 'Metrics',
    api: 'API',
    /** @type {Record<string, string>} */
    kafkaStates: { available: 'available', connected: 'available', unavailable: 'unavailable; messages wait' },
    /** @param {string} version @param {string} duration */
    running: (version, duration) => `${version}, running for ${duration}`,
    /** @param {string} name */
    metric: (name) => `metric ${name}`,
    /** @param {string} cause */
    dropped: (cause) => `Dropped: ${cause}`,
    /** @param {string} backend @param {number} workers @param {number} cpus */
    workers: (backend, workers, cpus) => `${backend}, ${n(workers, 'worker')} on ${n(cpus, 'processor')}`,
    /** @param {number} count @param {string} size */
    waiting: (count, size) => `${n(count, 'message')} waiting, ${size}`,
    /** @param {string} cores @param {number} cpus */
    cores: (cores, cpus) => `${cores} of ${n(cpus, 'core')}`,
    /** @param {string} path */
    disk: (path) => `Disk of ${path}`,
    /** @param {string} size @param {string} share */
    free: (size, share) => `${size} free (${share})`,
    /** @param {string} used @param {string} total */
    gpuMemory: (used, total) => `${used} of ${total} memory`,
  },
  audit: {
    title: 'Audit log',
    admin: 'Somebody with the role admin can read who changed what.',
    empty: 'Nothing has been changed yet.',
    time: 'Time',
    user: 'User',
    action: 'Action',
    target: 'What',
    outcome: 'Outcome',
    from: 'From',
  },
};
