// Two films in step, or one alone. No browser keeps two videos together by itself: the first is the clock here, and the
// other is brought back to it, by its rate while that is enough and by a jump where it is not. And since a busy browser
// paints one video later than the other, what is seen are pictures of both that were taken when both had come as far.

const CLOSE_S = 0.003; // nearer than this two films count as together
const JUMP_S = 0.2; // further apart than this they stop and start anew
const MOST_NUDGE = 0.12; // a rate is bent by no more than this
const TOUCH_S = 0.002; // frames that follow each other within this do so at once
const PATIENCE_MS = 300; // nothing waits longer for a frame: a film's may last longer than its rate says
const LOOK_MS = 4; // how often it is looked whether a frame is painted
const TELLS_WHAT_IT_PAINTS = 'requestVideoFrameCallback' in HTMLVideoElement.prototype;
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];
const GAINS = [1, 2, 4, 8];
const LETTERS = 'AB';

const player = {
  render({ model, el }) {
    const spec = model.get('spec');
    const sources = spec.films.map((film, at) => sourceOf(film, spec, (model.get('media') ?? [])[at]));
    const reels = spec.films.map((film, at) => new Reel(film, LETTERS[at], sources[at].url));
    const page = new Page(el, spec, reels);
    const redraw = () => page.draw(model.get('spec'));
    model.on('change:spec', redraw);
    return () => {
      model.off('change:spec', redraw);
      page.close();
      sources.forEach((source) => source.close());
    };
  },
};

export default player;

function sourceOf(film, spec, bytes) {
  if (film.trouble) return { url: '', close() {} };
  if (bytes?.byteLength) {
    const url = URL.createObjectURL(new Blob([bytes], { type: film.type }));
    return { url, close: () => URL.revokeObjectURL(url) };
  }
  const settings = spec.served ? document.getElementById('jupyter-config-data')?.textContent : null;
  const base = spec.served ? (JSON.parse(settings ?? '{}').baseUrl ?? '/') : '';
  return { url: base + film.address, close() {} };
}

// One film: its facts, the video that plays it, and the picture of that which a person sees.
class Reel {
  constructor(film, letter, url) {
    Object.assign(this, film, { letter, painted: 0, trouble: film.trouble });
    this.video = make('video', { muted: true, playsInline: true, preload: 'auto' });
    this.picture = make('canvas', { width: film.width, height: film.height });
    this.picture.setAttribute('role', 'img');
    this.picture.setAttribute('aria-label', `${letter}: ${film.title}`);
    this.pen = this.picture.getContext('2d', { alpha: false });
    if (this.trouble) return;
    this.opened = new Promise((resolve) => {
      this.video.addEventListener('loadeddata', resolve, { once: true });
      this.video.addEventListener('loadedmetadata', () => {
        [this.picture.width, this.picture.height] = [this.video.videoWidth, this.video.videoHeight];
      });
      this.video.addEventListener('error', () => {
        this.trouble ||= `${film.title} can't be played: it is gone, or this browser can't read it. Open the page anew.`;
        resolve();
      });
    });
    this.video.src = url;
    if (TELLS_WHAT_IT_PAINTS) this.#watch();
  }

  get end() {
    return this.frames / this.fps;
  }

  frameAt(t) {
    return Math.max(0, Math.min(this.frames - 1, Math.floor(t * this.fps + 1e-3)));
  }

  middle(t) {
    return (this.frameAt(t) + 0.5) / this.fps;
  }

  draw() {
    this.pen.drawImage(this.video, 0, 0, this.picture.width, this.picture.height);
  }

  async seek(t) {
    await this.opened;
    const { video } = this;
    if (this.trouble || (!video.seeking && Math.abs(video.currentTime - t) < 1e-4)) return;
    await new Promise((resolve) => {
      video.addEventListener('seeked', resolve, { once: true });
      video.addEventListener('error', resolve, { once: true });
      video.currentTime = t;
    });
    await this.#painting(t);
  }

  // A busy browser says that it is there before it has painted the frame, and would give away the one before.
  async #painting(t) {
    const began = performance.now();
    const isBehind = () => TELLS_WHAT_IT_PAINTS && this.frameAt(this.painted) !== this.frameAt(t);
    while (isBehind() && performance.now() - began < PATIENCE_MS) await new Promise((go) => setTimeout(go, LOOK_MS));
  }

  // What is on the screen is what the browser painted, which may be behind what its clock says.
  #watch() {
    const seen = (_, frame) => {
      this.painted = frame.mediaTime;
      this.onPainted();
      this.video.requestVideoFrameCallback(seen);
    };
    this.video.requestVideoFrameCallback(seen);
  }
}

// Plays and shows some films together. ``at`` is the moment, in seconds, the same for all of them.
class Deck {
  constructor(reels, changed) {
    Object.assign(this, { all: reels, changed, at: 0, rate: 1, turn: 0, playing: false, held: false, settling: null });
    this.drawn = this.due = 0;
    // Once for all that were painted at one time.
    reels.forEach((reel) => (reel.onPainted = () => (this.due ||= requestAnimationFrame(() => this.#draw()))));
    this.show(0);
  }

  get reels() {
    return this.all.filter((reel) => !reel.trouble);
  }

  get end() {
    return this.reels.length ? Math.min(...this.reels.map((reel) => reel.end)) : 0;
  }

  get fps() {
    return Math.max(1, ...this.reels.map((reel) => reel.fps));
  }

  get last() {
    return Math.ceil(this.end * this.fps - 1e-3) - 1;
  }

  get frame() {
    return Math.max(0, Math.min(this.last, Math.floor(this.at * this.fps + 1e-3)));
  }

  show(t) {
    this.halt();
    this.at = t;
    return this.settle();
  }

  step(frames) {
    return this.show((Math.max(0, Math.min(this.last, this.frame + frames)) + 0.5) / this.fps);
  }

  // Seeks are made one after the other, and only to the last place that was asked for.
  settle() {
    this.at = (this.frame + 0.5) / this.fps;
    this.settling ??= (async () => {
      let reached;
      do {
        reached = this.at;
        await Promise.all(this.reels.map((reel) => reel.seek(reel.middle(reached))));
        this.reels.forEach((reel) => reel.draw());
      } while (reached !== this.at && !this.playing);
      this.settling = null;
      this.changed();
    })();
    this.changed();
    return this.settling;
  }

  // Shows the films only where they have painted frames of one moment, or of two that touch.
  #draw() {
    const { reels } = this;
    this.due = 0;
    const isBehind = (one, other) => one.painted + 1 / one.fps + TOUCH_S < other.painted;
    const apart = reels.some((one) => reels.some((other) => isBehind(one, other)));
    if (this.settling || (apart && performance.now() - this.drawn < PATIENCE_MS)) return;
    this.drawn = performance.now();
    reels.forEach((reel) => reel.draw());
    this.changed();
  }

  async play() {
    if (this.frame >= this.last) this.at = 0;
    this.playing = true;
    this.changed();
    await this.settling;
    await this.#start();
    this.#tick(this.turn);
  }

  pause() {
    if (this.playing) this.show(this.reels[0].video.currentTime);
  }

  halt() {
    this.playing = this.held = false;
    this.turn += 1;
    this.reels.forEach((reel) => reel.video.pause());
  }

  async #start() {
    await Promise.all(this.reels.map((reel) => reel.seek(this.at)));
    if (!this.playing) return;
    try {
      await Promise.all(this.reels.map((reel) => this.#run(reel, 1).play()));
    } catch {
      this.halt();
      this.changed();
    }
  }

  #run(reel, nudge) {
    const rate = this.rate * nudge;
    if (Math.abs(reel.video.playbackRate - rate) > 0.002) reel.video.playbackRate = rate;
    return reel.video;
  }

  #tick(turn) {
    if (turn !== this.turn || !this.playing) return;
    const { reels } = this;
    if (!reels.length) return void this.halt();
    this.at = reels[0].video.currentTime;
    if (this.at >= this.end - 0.5 / this.fps || reels.some((reel) => reel.video.ended)) return void this.show(this.end);
    this.#keepTogether(reels);
    if (!TELLS_WHAT_IT_PAINTS) {
      reels.forEach((reel) => reel.draw());
      this.changed();
    }
    requestAnimationFrame(() => this.#tick(turn));
  }

  #keepTogether([clock, ...others]) {
    if (this.held) return;
    const apart = (reel) => reel.video.currentTime - clock.video.currentTime;
    const waits = [clock, ...others].some((reel) => reel.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
    if (waits || others.some((reel) => Math.abs(apart(reel)) > JUMP_S)) return void this.#gather();
    this.#run(clock, 1);
    for (const reel of others) {
      const off = apart(reel);
      const bend = Math.abs(off) < CLOSE_S ? 0 : Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, 2 * off));
      this.#run(reel, 1 - bend);
    }
  }

  // One film has to wait, or is far off: all stop, meet at the clock's moment, and go on together.
  async #gather() {
    this.held = true;
    this.reels.forEach((reel) => reel.video.pause());
    await Promise.all(this.reels.map(canGoOn));
    await this.#start();
    this.held = false;
  }
}

function canGoOn({ video }) {
  if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return Promise.resolve();
  return new Promise((resolve) => {
    for (const event of ['canplay', 'error', 'seeked']) video.addEventListener(event, resolve, { once: true });
  });
}

// All that a person sees and touches.
class Page {
  constructor(el, spec, reels) {
    this.reels = [...reels];
    this.root = make('div', { className: 'vgp', tabIndex: -1 });
    this.root.setAttribute('role', 'group');
    this.root.setAttribute('aria-label', `Player: ${spec.films.map((film) => film.title).join(' and ')}`);
    this.root.dataset.lmSuppressShortcuts = 'true'; // or JupyterLab takes S and the arrows for its own
    this.notices = make('div', { className: 'vgp-notices' });
    this.stage = make('div', { className: 'vgp-stage' });
    this.screens = make('div', { className: 'vgp-screens' });
    this.stage.append(this.screens);
    this.timeline = new Timeline(spec, reels, (t) => this.deck.show(t));
    this.readout = make('output', { className: 'vgp-readout' });
    this.root.append(this.notices, this.stage, this.#controls(), this.readout, this.timeline.box);
    this.deck = new Deck(reels, () => this.#follow());
    reels.forEach((reel) => {
      this.#screen(reel);
      reel.opened?.then(() => this.#follow());
    });
    this.root.addEventListener('keydown', (event) => this.#key(event));
    this.stage.addEventListener('pointerdown', (event) => this.#grab(event));
    this.draw(spec);
    this.view(reels.length > 1 ? 'side' : 'one');
    this.wipe(50);
    el.append(this.root);
  }

  draw(spec) {
    this.notices.replaceChildren(...spec.notices.map((notice) => make('p', { textContent: notice })));
    this.timeline.draw(spec);
    this.#follow();
  }

  close() {
    this.deck.halt();
    this.timeline.close();
    this.reels.forEach(({ video }) => {
      video.removeAttribute('src');
      video.load();
    });
    this.root.remove();
  }

  view(name) {
    this.shown = name === this.shown && name !== 'one' ? 'side' : name;
    this.stage.dataset.view = this.shown;
    for (const [view, button] of Object.entries(this.views)) button.setAttribute('aria-pressed', view === this.shown);
    this.wiper.hidden = this.shown !== 'wipe';
    this.gainer.hidden = this.shown !== 'difference';
    this.#arrange();
  }

  wipe(percent) {
    const at = Math.max(0, Math.min(100, percent));
    this.border.value = at;
    this.stage.style.setProperty('--wipe', `${at}%`);
  }

  swap() {
    this.reels.reverse();
    this.deck.all.reverse();
    this.#arrange();
    this.#hear();
  }

  #screen(reel) {
    const title = make('div', { className: 'vgp-title' });
    title.append(make('b', { className: `vgp-is-${reel.letter}`, textContent: reel.letter }), ` ${reel.title}`);
    const frame = make('div', { className: 'vgp-frame' });
    frame.style.setProperty('--shape', `${reel.width || 16} / ${reel.height || 9}`);
    reel.place = { title, frame };
    frame.append(reel.video, reel.picture);
    this.screens.append(frame);
    this.stage.append(title);
  }

  // Swapping moves places, never videos: a video that is taken out of the page loses its moment.
  #arrange() {
    this.reels.forEach((reel, at) => {
      Object.values(reel.place).forEach((part) => part.setAttribute('data-place', at ? 'second' : 'first'));
    });
    const first = this.reels.find((reel) => !reel.trouble) ?? this.reels[0];
    this.stage.style.setProperty('--over', `${first.width || 16} / ${first.height || 9}`);
  }

  #controls() {
    const bar = make('div', { className: 'vgp-bar' });
    const button = (text, title, keys, act) => {
      const made = make('button', { type: 'button', textContent: text, title: `${title} (${keys})` });
      made.addEventListener('click', (event) => {
        act();
        if (event.detail) this.root.focus({ preventScroll: true }); // so that Space plays after a click of the mouse
      });
      bar.append(made);
      return made;
    };
    button('−1 frame', 'One frame back', ', or ←', () => this.deck.step(-1));
    this.playButton = button('Play', 'Play or pause', 'Space', () => this.#toggle());
    button('+1 frame', 'One frame on', '. or →', () => this.deck.step(1));
    const speeds = SPEEDS.map((speed) => [speed, `${speed}×`]);
    bar.append(choice('Speed', speeds, 1, (speed) => (this.deck.rate = speed)));
    this.views = {};
    if (this.reels.length > 1) {
      this.views.wipe = button('Wipe', 'One over the other, with a border to move', 'W', () => this.view('wipe'));
      this.views.difference = button('Difference', 'Where they differ; black is the same', 'D', () =>
        this.view('difference'),
      );
      this.swapButton = button('Swap', 'Change places', 'S', () => this.swap());
    }
    this.sound = button('Sound', 'Hear the first film that has sound', 'M', () => this.#hear(!this.heard));
    this.wiper = make('label', { className: 'vgp-choice', textContent: 'Border ' });
    this.border = make('input', { type: 'range', min: 0, max: 100, step: 0.5 });
    this.border.addEventListener('input', () => this.wipe(Number(this.border.value)));
    this.wiper.append(this.border);
    const gains = GAINS.map((gain) => [gain, `${gain}×`]);
    this.gainer = choice('Brighter', gains, 4, (gain) => this.stage.style.setProperty('--gain', gain));
    bar.append(this.wiper, this.gainer);
    this.#hear(false);
    return bar;
  }

  #toggle() {
    if (this.deck.playing) this.deck.pause();
    else if (this.deck.reels.length) this.deck.play();
  }

  #hear(heard = this.heard) {
    this.heard = heard;
    const voice = this.reels.find((reel) => reel.sound && !reel.trouble);
    this.reels.forEach((reel) => (reel.video.muted = !heard || reel !== voice));
    this.sound.setAttribute('aria-pressed', heard);
    this.sound.disabled = !voice;
  }

  // After anything has changed: what can be pressed, where the cursor stands, what can't be shown.
  #follow() {
    if (!this.deck) return;
    for (const reel of this.reels) {
      if (reel.trouble && reel.picture.isConnected) {
        reel.video.remove();
        reel.picture.replaceWith(make('p', { className: 'vgp-trouble', textContent: reel.trouble }));
      }
    }
    const count = this.deck.reels.length;
    const forTwo = [...Object.values(this.views), this.swapButton];
    this.root.querySelectorAll('.vgp-bar button, .vgp-bar select').forEach((part) => {
      if (part !== this.sound) part.disabled = count < (forTwo.includes(part) ? 2 : 1);
    });
    this.root.setAttribute('aria-busy', Boolean(this.deck.settling));
    this.playButton.textContent = this.deck.playing ? 'Pause' : 'Play';
    if (!count) return;
    this.timeline.follow(this.deck);
    this.#tell();
  }

  #tell() {
    const { deck } = this;
    const now = deck.playing ? deck.at : (deck.frame + 0.5) / deck.fps;
    const frames = deck.reels.map((reel) => {
      const shown = deck.playing && TELLS_WHAT_IT_PAINTS ? reel.painted : now;
      return `${deck.reels.length > 1 ? `${reel.letter} ` : ''}frame ${reel.frameAt(shown)} of ${reel.frames}`;
    });
    const said = [`${clock(now)} of ${clock(deck.end)}`, ...frames, ...this.timeline.namesAt(now)];
    this.readout.textContent = said.join(' · ');
  }

  #grab(event) {
    if (this.shown !== 'wipe') return;
    const move = ({ clientX }) => {
      const { left, width } = this.reels[0].place.frame.getBoundingClientRect();
      this.wipe((100 * (clientX - left)) / width);
    };
    drag(this.stage, event, move);
  }

  #key(event) {
    const { target, key } = event;
    const own = target.matches('select, input');
    if (event.ctrlKey || event.metaKey || event.altKey || own || (key === ' ' && target.matches('button'))) return;
    const second = Math.round(this.deck.fps);
    const acts = {
      ' ': () => this.#toggle(),
      ',': () => this.deck.step(-1),
      '.': () => this.deck.step(1),
      ArrowLeft: () => this.deck.step(event.shiftKey ? -second : -1),
      ArrowRight: () => this.deck.step(event.shiftKey ? second : 1),
      Home: () => this.deck.show(0),
      End: () => this.deck.show(this.deck.end),
      m: () => !this.sound.disabled && this.#hear(!this.heard),
      ...(this.deck.reels.length > 1 && {
        s: () => this.swap(),
        w: () => this.view('wipe'),
        d: () => this.view('difference'),
      }),
    };
    const act = acts[key.length === 1 ? key.toLowerCase() : key];
    if (!act || !this.deck.reels.length) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

// Beats, shots and measures over time, with the moment marked; a press or a drag anywhere on it goes there.
class Timeline {
  constructor(spec, reels, go) {
    this.reels = reels;
    this.span = Math.min(...reels.filter((reel) => !reel.trouble).map((reel) => reel.end), Infinity);
    this.box = make('div', { className: 'vgp-time' });
    this.rail = make('div', { className: 'vgp-rail', tabIndex: 0 });
    this.rail.append(make('i'));
    this.rail.setAttribute('role', 'slider');
    this.rail.setAttribute('aria-label', 'Moment');
    this.rail.setAttribute('aria-valuemin', 0);
    this.cursor = make('i', { className: 'vgp-cursor' });
    this.watch = new ResizeObserver(() => this.#fit());
    this.watch.observe(this.box);
    this.box.addEventListener('pointerdown', (event) => {
      const { left, width } = this.box.getBoundingClientRect();
      drag(this.box, event, ({ clientX }) => go(this.span * Math.max(0, Math.min(1, (clientX - left) / width))));
    });
  }

  draw(spec) {
    this.marks = ['beat', 'shot'].flatMap((kind) => rowsOf(kind, spec.films));
    this.strips = stripsOf(spec.films, this.span);
    const rows = this.marks.map((row) => this.#row(row));
    this.box.replaceChildren(this.rail, ...rows, ...this.strips.map((strip) => strip.box), this.cursor);
    this.#fit();
  }

  close() {
    this.watch.disconnect();
  }

  follow(deck) {
    if (!Number.isFinite(this.span)) return;
    const moment = deck.frame / deck.fps;
    this.box.style.setProperty('--at', `${(100 * Math.min(deck.at, this.span)) / this.span}%`);
    this.rail.setAttribute('aria-valuemax', this.span);
    this.rail.setAttribute('aria-valuenow', moment);
    this.rail.setAttribute('aria-valuetext', `${clock(moment)}, frame ${deck.frame}`);
    this.strips.forEach((strip) => strip.tell(this.reels, deck.at));
  }

  namesAt(t) {
    return this.marks.map(({ name, marks }) => `${name} ${marks.findLast((mark) => mark.at <= t)?.label ?? '–'}`);
  }

  #row({ name, marks }) {
    const row = make('div', { className: 'vgp-row' });
    row.setAttribute('aria-label', `${name}: ${marks.map(({ at, label }) => `${label} from ${clock(at)}`).join(', ')}`);
    row.setAttribute('role', 'img');
    const track = make('div', { className: 'vgp-marks' });
    marks.forEach(({ at, label }, number) => {
      const end = Math.min(marks[number + 1]?.at ?? this.span, this.span);
      if (at >= this.span) return;
      const mark = make('span', { className: 'vgp-mark', title: `${label}, from ${clock(at)}` });
      mark.style.left = `${(100 * at) / this.span}%`;
      mark.style.width = `${(100 * (end - at)) / this.span}%`;
      mark.append(make('span', { textContent: label }));
      track.append(mark);
    });
    row.append(make('small', { textContent: name }), track);
    return row;
  }

  // A label that has no room would be cut off; its name still stands in the line above when the moment is there.
  #fit() {
    for (const mark of this.box.querySelectorAll('.vgp-mark')) {
      const { offsetLeft, offsetWidth } = mark.firstElementChild;
      mark.classList.toggle('vgp-narrow', offsetLeft + offsetWidth > mark.clientWidth);
    }
  }
}

// One row where the films have the same marks, else one for each.
function rowsOf(kind, films) {
  const rows = films.map((film, at) => ({ name: `${kind} ${LETTERS[at]}`, marks: film[`${kind}s`] }));
  const same = rows.every((row) => JSON.stringify(row.marks) === JSON.stringify(rows[0].marks));
  return (same ? [{ ...rows[0], name: kind }] : rows).filter((row) => row.marks.length);
}

function stripsOf(films, span) {
  const names = [...new Set(films.flatMap((film) => film.strips.map((strip) => strip.name)))];
  return Number.isFinite(span) ? names.map((name) => new Strip(name, films, span)) : [];
}

// A measure, frame by frame, of all films on one scale.
class Strip {
  constructor(name, films, span) {
    this.own = films.map((film) => film.strips.find((strip) => strip.name === name));
    const { unit, better } = this.own.find(Boolean);
    const known = this.own.flatMap((strip) => strip?.values ?? []).filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const range = known.length ? `, ${short(low)} to ${short(high)}` : '';
    const about = `${name.replaceAll('_', ' ')} (${[unit, better].filter(Boolean).join('; ')})${range}`;
    this.box = make('div', { className: 'vgp-strip' });
    this.values = make('span', { className: 'vgp-values' });
    const head = make('div', { className: 'vgp-head' });
    head.append(make('small', { textContent: about }), this.values);
    const plot = drawing('<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img"></svg>');
    plot.setAttribute('aria-label', `${about}, by frame`);
    this.own.forEach((strip, at) => {
      if (strip) plot.append(line(strip.values, films[at].fps * span, [low, high], LETTERS[at]));
    });
    this.box.append(head, plot);
  }

  tell(reels, t) {
    const parts = this.own.map((strip, at) => {
      const reel = reels.find((one) => one.letter === LETTERS[at]);
      const value = strip?.values[reel.frameAt(t)];
      const part = make('span', { textContent: ` ${value == null ? '–' : short(value)}` });
      part.prepend(make('b', { className: `vgp-is-${LETTERS[at]}`, textContent: LETTERS[at] }));
      return part;
    });
    this.values.replaceChildren(...parts);
  }
}

function line(values, frames, [low, high], letter) {
  const path = drawing('<svg><path></path></svg>').firstChild;
  let pen = 'M';
  const steps = values.slice(0, Math.ceil(frames)).map((value, at) => {
    if (value === null) {
      pen = 'M';
      return '';
    }
    const y = high > low ? 96 - (92 * (value - low)) / (high - low) : 50;
    const step = `${pen}${((1000 * (at + 0.5)) / frames).toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
    return step;
  });
  path.setAttribute('d', steps.join(''));
  path.setAttribute('class', `vgp-line-${letter}`);
  return path;
}

function choice(name, options, chosen, choose) {
  const label = make('label', { className: 'vgp-choice', textContent: `${name} ` });
  const select = make('select');
  options.forEach(([value, text]) => select.append(make('option', { value, textContent: text })));
  select.value = chosen;
  select.addEventListener('change', () => choose(Number(select.value)));
  label.append(select);
  return label;
}

function drag(surface, event, move) {
  if (event.button) return;
  surface.setPointerCapture(event.pointerId);
  surface.addEventListener('pointermove', move);
  const done = () => surface.removeEventListener('pointermove', move);
  surface.addEventListener('lostpointercapture', done, { once: true });
  move(event);
}

function drawing(svg) {
  return make('template', { innerHTML: svg }).content.firstChild;
}

function make(tag, facts = {}) {
  return Object.assign(document.createElement(tag), facts);
}

function clock(seconds) {
  const whole = Math.floor(seconds / 60);
  return `${whole}:${(seconds - 60 * whole).toFixed(2).padStart(5, '0')}`;
}

function short(value) {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
