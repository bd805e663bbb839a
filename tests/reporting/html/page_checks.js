// What a page is asked from within; each check returns a list of sentences.
({
  // Elements and texts that a reader can see now.
  seen(element) {
    return element.checkVisibility({visibilityProperty: true});
  },

  texts() {
    const walker = document.createTreeWalker(
        document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const hidden = node.parentElement.closest('script, style, svg');
      if (node.data.trim() && !hidden) found.push(node);
    }
    return found;
  },

  name(element) {
    const id = element.id ? '#' + element.id : '';
    const text = element.textContent.trim().replace(/\s+/g, ' ');
    return `<${element.localName}${id}> "${text.slice(0, 50)}"`;
  },

  boxes(node) {
    if (node.nodeType !== Node.TEXT_NODE) return [node.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].filter(box => box.width > 0);
  },

  // The first ancestor from `element` up whose style passes `test`.
  ancestor(element, test) {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      if (test(getComputedStyle(e))) return e;
    }
    return null;
  },

  // What is cut off or runs out of the page; what scrolls within a region of
  // its own may be wider, unless it is printed.
  layout(printed) {
    const root = document.documentElement, width = root.clientWidth;
    const found = [];
    if (root.scrollWidth > width) {
      found.push(`the page is ${root.scrollWidth} px wide`);
    }
    const inside = (box, left, right) =>
      box.left >= left - 1 && box.right <= right + 1;
    const pictures = [...document.querySelectorAll('img, svg, video, canvas')];
    for (const node of [...this.texts(), ...pictures]) {
      const element = node.parentElement;
      if (!this.seen(element)) {
        const folded = element.closest('main details');
        const instead = element.closest('main details.unprinted')
            ?.nextElementSibling?.closest('.printed');
        if (printed && folded && !(instead && this.seen(instead))) {
          found.push(`not printed since folded: ${this.name(element)}`);
        }
        continue;
      }
      const scrolls = !printed && this.ancestor(
          element, style => /auto|scroll/.test(style.overflowX));
      if (!scrolls && !this.boxes(node).every(b => inside(b, 0, width))) {
        const link = element.closest('a');
        link?.focus();  // A link that skips is there once it is focused.
        if (!link || !this.boxes(node).every(b => inside(b, 0, width))) {
          found.push(`outside the page: ${this.name(element)}`);
        }
        link?.blur();
      }
      const holder = this.ancestor(
          element, style => !/^inline$|contents/.test(style.display));
      const outer = holder?.getBoundingClientRect();
      if (outer && node.data &&
          !this.boxes(node).every(b => inside(b, outer.left, outer.right))) {
        found.push(`runs out of its box: ${this.name(element)}`);
      }
    }
    return found;
  },

  structure() {
    const found = [], all = css => [...document.querySelectorAll(css)];
    const need = (passes, sentence) => { if (!passes) found.push(sentence); };
    need(document.documentElement.lang, 'the page names no language');
    need(document.title, 'the page has no title');
    for (const css of ['h1', 'main', 'header', 'footer']) {
      const count = all(css).length;
      need(count === 1, `${count} <${css}> where one should be`);
    }
    let level = 0;
    for (const heading of all('h1, h2, h3, h4, h5, h6')) {
      const now = Number(heading.localName[1]);
      need(now <= level + 1, `a level is left out: ${this.name(heading)}`);
      level = now;
    }
    for (const image of all('img')) {
      need(image.alt.trim(), `no alternative text: ${image.src.slice(0, 40)}`);
    }
    for (const table of all('table')) {
      need(table.caption, `a table without caption: ${this.name(table)}`);
    }
    for (const cell of all('th:not([scope])')) {
      need(false, `a heading without scope: ${this.name(cell)}`);
    }
    for (const nav of all('nav:not([aria-label])')) {
      need(false, `a <nav> without label: ${this.name(nav)}`);
    }
    const ids = all('[id]').map(element => element.id);
    for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) {
      found.push(`two elements have the id ${id}`);
    }
    for (const kind of ['aria-labelledby', 'aria-describedby']) {
      for (const element of all(`[${kind}]`)) {
        const label = document.getElementById(element.getAttribute(kind));
        need(label, `nothing is ${kind} of ${this.name(element)}`);
      }
    }
    return found;
  },

  anchors() {
    return [...document.querySelectorAll('a[href^="#"]')]
        .map(link => decodeURIComponent(link.hash.slice(1)))
        .filter(id => !document.getElementById(id))
        .map(id => `a link to #${id}, which is not there`);
  },

  // Addresses of files that links lead to; those of this page left out.
  links() {
    return [...document.querySelectorAll('a[href]:not([href^="#"])')]
        .map(link => link.href);
  },

  // Elements that load from elsewhere, though they may not have done so yet.
  sources() {
    const css = 'link[href], [src], [srcset], [poster], object[data]';
    return [...document.querySelectorAll(css)]
        .filter(e => /(^|\s)(https?:)?\/\//.test(
            [e.getAttribute('href'), e.getAttribute('src'), e.srcset,
             e.poster, e.getAttribute('data')].join(' ')))
        .map(e => `loads from elsewhere: ${e.outerHTML.slice(0, 80)}`);
  },

  unfold() {
    document.querySelectorAll('details').forEach(e => { e.open = true; });
  },

  // Begins to note what is focused; returns how many elements the keyboard
  // should reach.
  watchFocus() {
    const css = 'a[href], button, input, select, textarea, summary, ' +
        '[tabindex]:not([tabindex="-1"])';
    const scrolls = e => e.scrollWidth > e.clientWidth + 1 &&
        /auto|scroll/.test(getComputedStyle(e).overflowX);
    const all = [...document.body.querySelectorAll('*')];
    this.expected = all.filter(
        e => this.seen(e) && (e.matches(css) || scrolls(e)));
    this.focused = new Map();
    document.activeElement.blur();
    document.addEventListener('focusin', event => {
      const style = getComputedStyle(event.target);
      this.focused.set(event.target, style.boxShadow !== 'none' ||
          (style.outlineStyle !== 'none' && style.outlineWidth !== '0px'));
    });
    return this.expected.length;
  },

  focus() {
    const found = [];
    for (const element of this.expected) {
      if (!this.focused.has(element) || element.tabIndex < 0) {
        found.push(`the keyboard does not reach ${this.name(element)}`);
      } else if (!this.focused.get(element)) {
        found.push(`focus is not visible on ${this.name(element)}`);
      }
    }
    return found;
  },

  // Texts whose contrast is below `least`, by the formula of WCAG 2.
  contrast(least) {
    const parse = text => {
      const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
      return [r, g, b, a];
    };
    const luminance = color => {
      const [r, g, b] = color.map(x => x / 255).map(
          x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = element => {
      for (let e = element; e; e = e.parentElement) {
        const color = parse(getComputedStyle(e).backgroundColor);
        if (color[3] > 0) return color;
      }
      return [255, 255, 255, 1];
    };
    const found = [];
    for (const node of this.texts()) {
      const element = node.parentElement;
      if (!this.seen(element)) continue;
      const pair = [parse(getComputedStyle(element).color), ground(element)]
          .map(luminance).sort((a, b) => b - a);
      const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
      if (ratio < least) {
        found.push(`contrast ${ratio.toFixed(1)}: ${this.name(element)}`);
      }
    }
    return found;
  },
})
